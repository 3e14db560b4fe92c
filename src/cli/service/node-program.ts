/** Which node runs the service: one that stays where it is, and none that a version manager may take away (cli.md §15.2). */
import { existsSync, realpathSync } from 'node:fs';
import { NEEDED_NODE } from '../../shared/version.js';
import type { RunCommand } from './run-command.js';

const managed =
  /[\\/](?:\.nvm|nvm|\.fnm|fnm|fnm_multishells|\.volta|\.asdf|\.nodenv|\.nvs|mise|\.n|nodist)[\\/]|[\\/]n[\\/]versions[\\/]/i;

/** Its folder is changed, or goes, when another version is chosen. */
export function isVersionManaged(path: string): boolean {
  return managed.test(path);
}

/** Where systems have theirs. */
const systemPlaces: Readonly<Record<string, readonly string[]>> = {
  linux: ['/usr/bin/node', '/usr/local/bin/node'],
  darwin: ['/opt/homebrew/bin/node', '/usr/local/bin/node', '/usr/bin/node'],
  win32: ['C:\\Program Files\\nodejs\\node.exe'],
};

export interface NodeProgram {
  readonly path: string;
  /** There is no other one: it is a version manager's all the same. */
  readonly managed: boolean;
}

export interface NodeSources {
  readonly platform: string;
  /** What runs this command. */
  readonly own: string;
  readonly run: RunCommand;
  /** For tests; else where this system has it. */
  readonly places?: readonly string[];
}

export async function chooseNode({ platform, own, run, places }: NodeSources): Promise<NodeProgram> {
  const path = realPath(own);
  if (!isVersionManaged(path) && !isVersionManaged(own)) return { path, managed: false };
  const found = await systemNode({ platform, own, run, ...(places ? { places } : {}) });
  return found === undefined ? { path, managed: true } : { path: found, managed: false };
}

/** The first one that is new enough; undefined where there is none. */
export async function systemNode({ platform, run, places }: NodeSources): Promise<string | undefined> {
  for (const place of places ?? systemPlaces[platform] ?? []) {
    if (!existsSync(place)) continue;
    const path = realPath(place);
    if (isVersionManaged(path)) continue;
    const version = await nodeVersion(path, run);
    if (version !== undefined && isSupported(version)) return path;
  }
  return undefined;
}

/** Undefined when it cannot be run, or says something else. */
export async function nodeVersion(path: string, run: RunCommand): Promise<string | undefined> {
  if (realPath(path) === realPath(process.execPath)) return process.versions.node;
  const { ok, stdout } = await run(path, ['-p', 'process.versions.node']);
  const version = stdout.trim();
  return ok && /^\d+\.\d+\.\d+/.test(version) ? version : undefined;
}

export function isSupported(version: string): boolean {
  return compareVersions(version, NEEDED_NODE) >= 0;
}

/** Below zero when `a` is older; what follows the three numbers does not count. */
export function compareVersions(a: string, b: string): number {
  const [first, second] = [a, b].map((version) => version.split(/[.+-]/, 3).map(Number));
  for (let part = 0; part < 3; part += 1) {
    const difference = (first?.[part] || 0) - (second?.[part] || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The path itself where there is nothing. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // gone, or never there: whoever looks at it will see
  }
}
