/** The config: readable, valid, its own (cli.md §12, rows 1, 2). */
import type { LoadedConfig } from '../../../shared/config/load.js';
import { formatPath, parsePath, type ConfigPath } from '../../../shared/config/path.js';
import { describeIssue, type ConfigIssue } from '../../../shared/config/read/source.js';
import { startRefusal } from '../../../shared/config/start-refusals.js';
import { displayPath } from '../../../shared/paths.js';
import { VERSION } from '../../../shared/version.js';
import type { CommandContext } from '../../command.js';
import { baselineLines, makeBaseline } from '../../setup/baseline.js';
import { isRecord, recordOf, textOf } from '../../record.js';
import { compareVersions } from '../../service/node-program.js';
import { editFiles, lastGoodText, restoreLastGood, validBackup } from '../config-repair.js';
import type { Check, Finding, Repair } from '../finding.js';
import { legacyMigration } from '../legacy-keys.js';
import type { Site } from '../site.js';

const SECTION = 'Config';

/** Looked at before unknown keys are: what they say is not to be thrown away. */
export const legacyKeys: Check = {
  section: SECTION,
  changesSite: true,
  find({ source, document, context }) {
    const migration = source.issues.length > 0 ? undefined : legacyMigration(document);
    if (!migration) return [];
    const { edits, steps, lost } = migration;
    const dropped = lost.map((key) => `${key} counts no more, its new place says something else`);
    return [
      {
        code: 'config-legacy-keys',
        level: 'error',
        message: `Keys of an older release: ${[...steps, ...dropped].join('; ')}.`,
        repair: {
          question: 'Move them? The file is kept as .bak.',
          level: lost.length === 0 ? 'safe' : 'recommended',
          async run() {
            await editFiles(source, edits, context.env);
            return `Moved; the file before is ${source.path}.bak`;
          },
        },
      },
    ];
  },
};

export const configFile: Check = {
  section: SECTION,
  changesSite: true,
  find(site) {
    const { source, loaded } = site;
    if (!source.exists && source.issues.length === 0) return [missing(site)];
    if (source.issues.length > 0) return [unreadable(site)];
    if (loaded.ok) return [...clobbered(site), ...newer(site), ...withoutEffect(loaded), ...refused(loaded)];
    const { unknown, wrong } = sorted(loaded.issues.filter(isNotLegacy(site)));
    return [...(unknown.length > 0 ? [unknownKeys(site, unknown)] : []), ...wrong.map(wrongValue)];
  },
};

/** Each key is valid, and the gateway would refuse to start. */
function refused(loaded: LoadedConfig): readonly Finding[] {
  const refusal = startRefusal(loaded);
  if (refusal === undefined) return [];
  return [
    {
      code: 'config-start-refused',
      level: 'error',
      message: `The gateway does not start with it: ${refusal}.`,
      advice: 'Set what is missing, or switch off what needs it: pllan config set <path> <value>',
    },
  ];
}

/** What the check before has told already. */
function isNotLegacy({ document }: Site): (issue: ConfigIssue) => boolean {
  const edits = legacyMigration(document)?.edits ?? [];
  const touched = edits.map(({ path }) => formatPath(path));
  return ({ path }) => !touched.includes(path);
}

/** What it says of the gateway's place; looked at when all of it can be read. */
export const gatewayMode: Check = {
  section: SECTION,
  changesSite: true,
  find(site) {
    const { loaded, context } = site;
    if (!loaded.ok || !loaded.exists || loaded.config.gateway.mode !== null) return [];
    return [
      {
        code: 'gateway-mode-unset',
        level: 'error',
        message: 'gateway.mode is not set: the gateway does not start from this file.',
        repair: {
          question: 'Set gateway.mode=local?',
          level: 'recommended',
          run: () => setUp(context),
        },
      },
    ];
  },
};

/** As `pllan setup` does it; what is there stays. */
async function setUp(context: CommandContext): Promise<string> {
  return baselineLines(await makeBaseline(context, []), context.paths.home).join('; ');
}

function missing({ source, context }: Site): Finding {
  const { home } = context.paths;
  const lastGood = lastGoodText(source.path, context.env);
  const restore: Repair | undefined =
    lastGood === undefined
      ? undefined
      : {
          question: 'Put back the config that the gateway last ran with?',
          level: 'recommended',
          run: () => restoreLastGood(source, lastGood, context.env),
        };
  return {
    code: 'config-missing',
    level: 'error',
    message: `There is no config: ${displayPath(source.path, home)}`,
    repair: restore ?? {
      question: 'Make one, as pllan setup does?',
      level: 'recommended',
      run: () => setUp(context),
    },
  };
}

function unreadable({ source, context }: Site): Finding {
  const { home } = context.paths;
  const shown = displayPath(source.path, home);
  const lastGood = source.text === undefined ? undefined : lastGoodText(source.path, context.env);
  const backup = validBackup(source.path, context.env);
  return {
    code: 'config-unreadable',
    level: 'error',
    message: source.issues.map(describeIssue).join('; '),
    advice:
      source.text === undefined
        ? `${shown} has to be a file that this user can read.`
        : backup === undefined
          ? `Mend ${shown} in an editor, or begin anew: mv ${shown} ${shown}.old, then pllan setup`
          : `Mend ${shown} in an editor, or take the newest backup that is valid: cp ${displayPath(backup, home)} ${shown}`,
    ...(lastGood === undefined
      ? {}
      : {
          repair: {
            question: 'Put back the config that the gateway last ran with? The broken one is kept.',
            level: 'recommended',
            run: () => restoreLastGood(source, lastGood, context.env),
          },
        }),
  };
}

/** A file that was put together anew from something else: what every config of ours has is gone from it. */
function clobbered({ source, document, context }: Site): readonly Finding[] {
  const lastGood = lastGoodText(source.path, context.env);
  if (lastGood === undefined || !isRecord(document)) return [];
  const lost = ['meta', 'gateway'].filter((key) => document[key] === undefined && lastGood.includes(key));
  if (lost.length < 2) return [];
  return [
    {
      code: 'config-clobbered',
      level: 'error',
      message: `The config has lost ${lost.join(' and ')}, which the one that the gateway last ran with has.`,
      repair: {
        question: 'Put that one back? The present one is kept.',
        level: 'recommended',
        run: () => restoreLastGood(source, lastGood, context.env),
      },
    },
  ];
}

/** By a program that may know more keys, and mean other things by them. */
function newer({ document }: Site): readonly Finding[] {
  const written = textOf(recordOf(recordOf(document).meta).lastTouchedVersion);
  if (written === undefined || compareVersions(written, VERSION) <= 0) return [];
  return [
    {
      code: 'config-newer',
      level: 'warn',
      message: `The config was last written by version ${written}; this is ${VERSION}.`,
      advice: 'Update this program, or see whether two installations are in use: command -v pllan',
    },
  ];
}

function withoutEffect({ warnings }: LoadedConfig): readonly Finding[] {
  return warnings.map(({ path, message }) => ({
    code: 'config-warning',
    level: 'warn',
    message: path === '' ? message : `${path}: ${message}`,
  }));
}

interface Sorted {
  readonly unknown: readonly { readonly issue: ConfigIssue; readonly path: ConfigPath }[];
  readonly wrong: readonly ConfigIssue[];
}

function sorted(issues: readonly ConfigIssue[]): Sorted {
  const pathOf = (issue: ConfigIssue): ConfigPath | undefined =>
    issue.message.startsWith('unknown key') ? parsePath(issue.path) : undefined;
  return {
    unknown: issues.flatMap((issue) => {
      const path = pathOf(issue);
      return path ? [{ issue, path }] : [];
    }),
    wrong: issues.filter((issue) => pathOf(issue) === undefined),
  };
}

function unknownKeys({ source, context }: Site, unknown: Sorted['unknown']): Finding {
  return {
    code: 'config-unknown-keys',
    level: 'error',
    message: unknown.map(({ issue }) => describeIssue(issue)).join('; '),
    repair: {
      question: 'Remove them? The file is kept as .bak.',
      level: 'recommended',
      async run() {
        const edits = unknown.map(({ path }) => ({ path, remove: true as const }));
        await editFiles(source, edits, context.env);
        const removed = unknown.map(({ path }) => formatPath(path)).join(', ');
        return `Removed ${removed}; the file before is ${source.path}.bak`;
      },
    },
  };
}

function wrongValue(issue: ConfigIssue): Finding {
  return {
    code: 'config-invalid',
    level: 'error',
    message: describeIssue(issue),
    advice: `pllan config set ${issue.path || '<path>'} <value>, or: pllan config unset ${issue.path || '<path>'}`,
  };
}
