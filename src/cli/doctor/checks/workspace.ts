/** The folders that agents work in: there, usable, and changed by nobody else (config.md §1). */
import { accessSync, chmodSync, constants, lstatSync, statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { LoadedConfig } from '../../../shared/config/load.js';
import { defaultWorkspace, ownWorkspaces } from '../../../shared/config/workspaces.js';
import { displayPath } from '../../../shared/paths.js';
import { makePrivateDir } from '../../../shared/private-file.js';
import { makeWorkspace } from '../../../shared/setup/starter-files.js';
import { toError } from '../../../shared/to-error.js';
import type { CommandContext } from '../../command.js';
import type { Check, Finding } from '../finding.js';

const WRITABLE_BY_OTHERS = 0o022;

export const workspace: Check = {
  section: 'Workspace',
  find({ loaded, context }) {
    if (!loaded.ok || loaded.config.gateway.mode !== 'local') return [];
    const { home } = context.paths;
    const anywhere = relative(loaded);
    if (anywhere.length > 0) return anywhere;
    return foldersOf(loaded, context).flatMap((folder) => {
      try {
        return look(folder, loaded, home);
      } catch (caught) {
        return [unusable(displayPath(folder, home), toError(caught).message)];
      }
    });
  },
};

/** Which folder that is, is for whoever starts the gateway to say. */
function relative({ config: { agents } }: LoadedConfig): readonly Finding[] {
  const named = [
    ['agents.defaults.workspace', agents.defaults.workspace],
    ...agents.list.map(({ id, workspace: own }) => [`agents (${id}) workspace`, own] as const),
  ] as const;
  return named.flatMap(([path, folder]): Finding[] =>
    !folder || isAbsolute(folder) || /^~(?:\/|$)/.test(folder)
      ? []
      : [
          {
            code: 'workspace-relative',
            level: 'warn',
            message: `${path} is ${folder}: another folder for each that the gateway is started in.`,
            advice: 'Write the whole path, beginning with / or ~.',
          },
        ],
  );
}

/** The common one counts when somebody uses it. */
function foldersOf({ config }: LoadedConfig, { paths }: CommandContext): readonly string[] {
  const own = ownWorkspaces(config, paths);
  const isShared =
    config.agents.list.length === 0 || config.agents.list.some(({ id }) => !own.has(id.toLowerCase()));
  return [...new Set([...(isShared ? [defaultWorkspace(config, paths)] : []), ...own.values()])];
}

function look(folder: string, { config }: LoadedConfig, home: string): readonly Finding[] {
  const shown = displayPath(folder, home);
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats && lstatSync(folder, { throwIfNoEntry: false }))
    return [unusable(shown, 'it is a link to nothing')];
  if (!stats)
    return [
      {
        code: 'workspace-missing',
        level: 'warn',
        message: `The workspace ${shown} is not there: agents have none of their files.`,
        advice: 'If it was moved: pllan config set agents.defaults.workspace <folder>',
        repair: {
          question: 'Make it, with starter files?',
          level: 'recommended',
          run() {
            if (config.agents.defaults.skipBootstrap) makePrivateDir(folder);
            else makeWorkspace(folder);
            return `Made ${shown}`;
          },
        },
      },
    ];
  if (!stats.isDirectory()) return [unusable(shown, 'it is not a folder')];
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (caught) {
    return [unusable(shown, toError(caught).message)];
  }
  return process.platform === 'win32' || (stats.mode & WRITABLE_BY_OTHERS) === 0
    ? []
    : [
        {
          code: 'workspace-writable-by-others',
          level: 'warn',
          message: `Others can write to the workspace ${shown}: agents follow what is in its files.`,
          repair: {
            question: 'Keep others from writing (chmod go-w)?',
            level: 'recommended',
            run() {
              chmodSync(folder, stats.mode & 0o7755);
              return `Only its owner can write to ${shown} now`;
            },
          },
        },
      ];
}

function unusable(shown: string, why: string): Finding {
  return {
    code: 'workspace-unusable',
    level: 'error',
    message: `Agents cannot use the workspace ${shown}: ${why}.`,
    advice:
      'Make it a folder that this user can read and write, or: pllan config set agents.defaults.workspace <folder>',
  };
}
