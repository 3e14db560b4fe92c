/** `pllan config …` (cli.md §11). */
import { readFileSync } from 'node:fs';
import { configJsonSchema } from '../../shared/config/describe.js';
import { loadSource, type InvalidConfig, type LoadedConfig } from '../../shared/config/load.js';
import { formatPath } from '../../shared/config/path.js';
import { valueOf } from '../../shared/config/read/node.js';
import { describeIssue, parseText, readSource } from '../../shared/config/read/source.js';
import { redactConfig } from '../../shared/config/redact/value.js';
import { startRefusal } from '../../shared/config/start-refusals.js';
import type { ConfigChange } from '../../shared/config/write/write-config.js';
import { displayPath, expandHome } from '../../shared/paths.js';
import { toError } from '../../shared/to-error.js';
import type { CommandContext, CommandHandler, ParsedOptions } from '../command.js';
import { checkRefs } from '../config/check-refs.js';
import { changeConfig, readConfigPath, valueAt } from '../config/edit-config.js';
import { notFound } from '../config/missing-path.js';
import { invalidConfig } from '../config/require-valid.js';
import { readEdits } from '../config/set-edits.js';
import { takenOver } from '../config/taken-over.js';
import { whenItCounts } from '../config/when-it-counts.js';
import { isRecord } from '../record.js';
import { UserError } from '../user-error.js';

export const configFile: CommandHandler = async (options, { paths, output }) => {
  if (options.flag('json')) output.document({ path: paths.configPath });
  else output.print(paths.configPath);
  return 0;
};

export const configGet: CommandHandler = async (options, context) => {
  const path = readConfigPath(options.requiredArg('path'));
  const { source } = load(context);
  if (source.issues.length > 0) throw invalidConfig(source, context.paths.home);
  const value = valueAt(redactConfig(valueOf(source.root)), path);
  if (value === undefined) throw notFound(path);
  const { output } = context;
  if (options.flag('json')) output.document(value);
  else output.print(typeof value === 'string' ? value : JSON.stringify(value, null, 2));
  return 0;
};

export const configSet: CommandHandler = async (options, context) => {
  const edits = readEdits(options, context.paths.home);
  if (options.flag('merge') && options.flag('replace'))
    throw new UserError('Use either --merge or --replace.');
  if (options.flag('allow-exec') && !options.flag('dry-run'))
    throw new UserError('--allow-exec goes with --dry-run.');
  const [{ path, value } = { path: [], value: undefined }] = edits;
  if (!options.flag('merge')) return write({ kind: 'edits', edits }, options, context);
  if (edits.length > 1) throw new UserError('--merge goes with one path');
  const patch = path.reduceRight<unknown>((inner, part) => ({ [String(part)]: inner }), value);
  if (!isRecord(value) || path.some((part) => typeof part === 'number'))
    throw new UserError('--merge needs an object, at a place that is in no list');
  return write({ kind: 'patch', patch: patch as object, replacePaths: [] }, options, context);
};

export const configUnset: CommandHandler = async (options, context) => {
  const path = readConfigPath(options.requiredArg('path'));
  if (valueAt(valueOf(load(context).source.root), path) === undefined) throw notFound(path);
  return write({ kind: 'edits', edits: [{ path, remove: true }] }, options, context);
};

export const configPatch: CommandHandler = async (options, context) => {
  const file = options.text('file');
  if ((file !== undefined) === options.flag('stdin'))
    throw new UserError('Use either --file <path> or --stdin.');
  const patch = readPatch(file === undefined ? 0 : expandHome(file, context.paths.home));
  const replacePaths = options.list('replace-path').map((text) => formatPath(readConfigPath(text)));
  return write({ kind: 'patch', patch, replacePaths }, options, context);
};

export const configValidate: CommandHandler = async (options, context) => {
  const { output, paths, envWarnings } = context;
  const loaded = load(context);
  const path = paths.configPath;
  const issues = loaded.ok ? [] : loaded.issues;
  if (options.flag('json')) output.document({ valid: loaded.ok, path, issues });
  else if (loaded.ok) output.print(`Config valid: ${displayPath(path, paths.home)}`);
  else {
    const lines = issues.map((issue) => `- ${describeIssue(issue)}`);
    output.note('Config invalid', `File: ${displayPath(path, paths.home)}`, ...lines);
  }
  const warnings = loaded.ok ? loaded.warnings : [];
  output.note(...envWarnings, ...warnings.map((warning) => `Warning: ${describeIssue(warning)}`));
  const refusal = loaded.ok ? startRefusal(loaded) : undefined;
  if (refusal !== undefined) output.note(`Warning: no gateway starts with it: ${refusal}`);
  return loaded.ok ? 0 : 1;
};

export const configSchema: CommandHandler = async (_options, { output }) => {
  output.document(configJsonSchema());
  return 0;
};

function load({ env, paths }: CommandContext): LoadedConfig | InvalidConfig {
  const place = { path: paths.configPath, env };
  return loadSource(readSource(place), { ...place, askLoginShell: () => ({}) });
}

/** @param from a path, or 0 for what comes in */
function readPatch(from: string | 0): object {
  try {
    const patch = parseText(readFileSync(from, 'utf8'));
    if (!isRecord(patch)) throw new Error('it must be an object');
    return patch;
  } catch (caught) {
    throw new UserError(`The patch cannot be used: ${toError(caught).message}`);
  }
}

async function write(change: ConfigChange, options: ParsedOptions, context: CommandContext): Promise<number> {
  const dryRun = options.flag('dry-run');
  const { file, written, changedPaths, loaded } = await changeConfig(context, change, dryRun);
  const { output, paths } = context;
  const { home } = paths;
  const checked = dryRun
    ? await checkRefs(loaded, changedPaths, { home, allowExec: options.flag('allow-exec') })
    : undefined;
  const taken = written ? await takenOver(context, changedPaths, loaded) : undefined;
  const { text, note } = whenItCounts(changedPaths, loaded, taken);
  if (options.flag('json'))
    output.document({
      ok: true,
      dryRun,
      path: file,
      changedPaths,
      hash: loaded.source.hash,
      ...checked,
      ...(taken ? { gateway: taken } : {}),
    });
  else if (changedPaths.length === 0) output.print('Nothing to change.');
  else if (dryRun) output.print(`Would update ${changedPaths.join(', ')}.`);
  else output.print(`Updated ${changedPaths.join(', ')}. ${text}`);
  if (note !== undefined) output.note(note);
  if (checked && checked.skippedExecRefs > 0 && !options.flag('json'))
    output.note(`Not checked: ${checked.skippedExecRefs} refs of commands; --allow-exec runs them.`);
  if (file !== paths.configPath) output.note(`In ${displayPath(file, paths.home)}`);
  return 0;
}
