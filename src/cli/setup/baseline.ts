/**
 * What every gateway needs before it starts: a config that says that it is one, a workspace, a place for sessions
 * (cli.md §13). Made where it is missing; what is there stays as it is, but for what is asked for by name.
 */
import { formatPath, type ConfigPath } from '../../shared/config/path.js';
import { valueOf } from '../../shared/config/read/node.js';
import { readSource } from '../../shared/config/read/source.js';
import { defaultWorkspace } from '../../shared/config/workspaces.js';
import { displayPath, expandHome, type Paths } from '../../shared/paths.js';
import { makePrivateDir } from '../../shared/private-file.js';
import { makeWorkspace } from '../../shared/setup/starter-files.js';
import { toError } from '../../shared/to-error.js';
import type { CommandContext } from '../command.js';
import { changeConfig, valueAt } from '../config/edit-config.js';
import { requireValidFile } from '../config/require-valid.js';
import { UserError } from '../user-error.js';

export interface Wish {
  readonly path: ConfigPath;
  readonly value: unknown;
  /** Only where the file says nothing, and nothing in the place of it. */
  readonly ifMissing?: boolean;
  readonly unless?: ConfigPath;
}

export interface Baseline {
  readonly configPath: string;
  /** `written`: there was none; `updated`: paths of it changed. */
  readonly config: 'written' | 'updated' | 'kept';
  readonly changedPaths: readonly string[];
  readonly workspace: string;
  /** Starter files that were made. */
  readonly created: readonly string[];
  readonly sessions: string;
}

const WORKSPACE = ['agents', 'defaults', 'workspace'];

/** @throws UserError */
export async function makeBaseline(context: CommandContext, asked: readonly Wish[]): Promise<Baseline> {
  const { paths, env } = context;
  makeDir('State directory', paths.stateDir);
  requireValidFile(env, paths);
  const source = readSource({ path: paths.configPath, env });
  const written = valueOf(source.root);
  const edits = [...asked, ...needed(paths).filter(({ path }) => !isAsked(path, asked))].filter(
    ({ path, value, ifMissing = false, unless }) => {
      if (unless && valueAt(written, unless) !== undefined) return false;
      const there = valueAt(written, path);
      return ifMissing ? there === undefined : there !== value;
    },
  );
  // Written when the folders are there: a config with a place that cannot be made is of no use.
  const { loaded } = await changeConfig(context, { kind: 'edits', edits }, true);
  const { skipBootstrap } = loaded.config.agents.defaults;
  const workspace = defaultWorkspace(loaded.config, paths);
  const created = attempt(`Workspace ${workspace}`, () => {
    if (!skipBootstrap) return makeWorkspace(workspace);
    makePrivateDir(workspace);
    return [];
  });
  makeDir('The store of sessions', paths.storeDir);
  const { changedPaths } = await changeConfig(context, { kind: 'edits', edits }, false);
  return {
    configPath: paths.configPath,
    config: source.exists ? (changedPaths.length > 0 ? 'updated' : 'kept') : 'written',
    changedPaths,
    workspace,
    created,
    sessions: paths.storeDir,
  };
}

function needed({ workspace, home }: Paths): readonly Wish[] {
  return [
    { path: ['gateway', 'mode'], value: 'local', ifMissing: true },
    { path: WORKSPACE, value: displayPath(workspace, home), ifMissing: true },
  ];
}

/** A folder as it is written into the config: a gateway is started in another folder than this command. */
export function writtenFolder(path: string, home: string): string {
  return displayPath(expandHome(path, home), home);
}

/** What is said of it, for people. */
export function baselineLines(made: Baseline, home: string): readonly string[] {
  const path = displayPath(made.configPath, home);
  const config = {
    written: `Wrote ${path}`,
    updated: `Updated ${path}: ${made.changedPaths.join(', ')}`,
    kept: `Config OK: ${path}`,
  }[made.config];
  const added = made.created.length > 0 ? ` (new: ${made.created.join(', ')})` : '';
  return [
    config,
    `Workspace OK: ${displayPath(made.workspace, home)}${added}`,
    `Sessions OK: ${displayPath(made.sessions, home)}`,
  ];
}

function isAsked(path: ConfigPath, asked: readonly Wish[]): boolean {
  return asked.some((wish) => formatPath(wish.path) === formatPath(path));
}

function makeDir(what: string, path: string): void {
  attempt(`${what} ${path}`, () => makePrivateDir(path));
}

function attempt<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (caught) {
    throw new UserError(`${what} cannot be made: ${toError(caught).message}`, [
      'Make its folder one that this user can write to, or set PLLAN_STATE_DIR.',
    ]);
  }
}
