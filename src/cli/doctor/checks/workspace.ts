/** The folders that agents work in: there, usable, and changed by nobody else (config.md §1). */
import { accessSync, constants, lstatSync, statSync, type Stats } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { LoadedConfig } from '../../../shared/config/load.js';
import { defaultWorkspace, ownWorkspaces } from '../../../shared/config/workspaces.js';
import { displayPath, type Paths } from '../../../shared/paths.js';
import { makePrivateDir } from '../../../shared/private-file.js';
import { makeWorkspace } from '../../../shared/setup/starter-files.js';
import { toError } from '../../../shared/to-error.js';
import type { CommandContext } from '../../command.js';
import { changeMode } from '../change-mode.js';
import type { Check, Finding } from '../finding.js';
import { gatewayUser } from '../gateway-user.js';

const WRITABLE_BY_OTHERS = 0o022;
/** Set by whoever wants a folder to be used by several: that of a group's files, that of `/tmp`. */
const SHARED = 0o3000;

export const workspace: Check = {
  section: 'Workspace',
  find({ loaded, context }) {
    if (!loaded.ok || loaded.config.gateway.mode !== 'local') return [];
    const { paths } = context;
    const { home } = paths;
    const anywhere = relative(loaded);
    if (anywhere.length > 0) return anywhere;
    return foldersOf(loaded, context).flatMap((folder) => {
      try {
        return look(folder, loaded, paths);
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

function look(folder: string, { config }: LoadedConfig, paths: Paths): readonly Finding[] {
  const shown = displayPath(folder, paths.home);
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
  if (process.platform === 'win32' || (stats.mode & WRITABLE_BY_OTHERS) === 0) return [];
  return [writable(folder, stats, { shown, isOwn: stats.uid === gatewayUser(paths) })];
}

interface Place {
  readonly shown: string;
  readonly isOwn: boolean;
}

/** What is shared on purpose, or another user's, stays as it is. */
function writable(folder: string, stats: Stats, { shown, isOwn }: Place): Finding {
  const finding = {
    code: 'workspace-writable-by-others',
    level: 'warn',
    message: `Others can write to the workspace ${shown}: agents follow what is in its files.`,
  } as const;
  if (!isOwn || (stats.mode & SHARED) !== 0)
    return { ...finding, advice: `See that all of them are meant to, or: chmod go-w ${shown}` };
  return {
    ...finding,
    repair: {
      question: 'Keep others from writing (chmod go-w)?',
      level: 'recommended',
      run() {
        changeMode(folder, stats, (mode) => mode & ~WRITABLE_BY_OTHERS);
        return `Only its owner can write to ${shown} now`;
      },
    },
  };
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
