/** What `pllan config` reads and writes: the config's own files, whether a gateway runs or not (cli.md §11). */
import { describeIssue, parseText } from '../../shared/config/read/source.js';
import { parsePath, type ConfigPath } from '../../shared/config/path.js';
import { ConfigWriteError } from '../../shared/config/write/error.js';
import {
  writeConfig,
  type ConfigChange,
  type WrittenConfig,
} from '../../shared/config/write/write-config.js';
import { displayPath } from '../../shared/paths.js';
import type { CommandContext } from '../command.js';
import { UserError } from '../user-error.js';

const blocked: ReadonlySet<string | number> = new Set(['__proto__', 'prototype', 'constructor']);

/** @throws UserError */
export function readConfigPath(text: string): ConfigPath {
  const path = parsePath(text);
  if (!path) throw new UserError(`Invalid config path: ${text} (write a.b[0]["c.d"])`);
  const refused = path.find((part) => blocked.has(part));
  if (refused !== undefined) throw new UserError(`Invalid config path: ${refused} may not be in it`);
  return path;
}

/** JSON5, or the text itself where it is none. @throws UserError for what must be JSON and is not */
export function readConfigValue(text: string, strict: boolean): unknown {
  try {
    return strict ? JSON.parse(text) : parseText(text);
  } catch {
    if (strict) throw new UserError('The value is not JSON');
    return text;
  }
}

/** The value at a place of the config as it is written; undefined where there is none. */
export function valueAt(root: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((node, part) => {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, part)) return undefined;
    return (node as Readonly<Record<string | number, unknown>>)[part];
  }, root);
}

/** @throws UserError that says what is wrong with the result, or with what is there */
export async function changeConfig(
  { env, paths }: CommandContext,
  change: ConfigChange,
  dryRun: boolean,
): Promise<WrittenConfig> {
  try {
    const place = { path: paths.configPath, logDir: paths.logDir, env, imported: {} };
    return await writeConfig({ ...place, change, dryRun });
  } catch (caught) {
    if (!(caught instanceof ConfigWriteError)) throw caught;
    const issues = caught.issues.map((issue) => `- ${describeIssue(issue)}`);
    const isBroken = caught.problem === 'refused' && issues.length > 0;
    const lines = isBroken
      ? [`File: ${displayPath(paths.configPath, paths.home)}`, ...issues, 'Run: pllan doctor --fix']
      : issues;
    throw new UserError(caught.message, lines, { details: { issues: caught.issues } });
  }
}
