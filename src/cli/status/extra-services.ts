/** Other services of this machine that look like a gateway: two of them may fight for one port (cli.md §3, `--deep`). */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ServiceContext } from '../service/context.js';
import { userHome } from '../service/desired.js';
import { userUnits } from '../service/systemd/systemd-manager.js';

export interface ExtraService {
  readonly platform: string;
  readonly label: string;
  /** The file that defines it. */
  readonly detail: string;
  readonly scope: 'user' | 'system';
}

export interface ScannedFolder {
  readonly dir: string;
  readonly scope: ExtraService['scope'];
}

/** Best effort: what cannot be read is not there. */
export async function findExtraServices(context: ServiceContext): Promise<readonly ExtraService[]> {
  const { manager, platform, run } = context;
  if (platform === 'win32') return tasksIn((await run('schtasks', ['/Query', '/FO', 'CSV', '/NH'])).stdout);
  const own = manager?.definitionPath;
  return scanFolders(foldersOf(context), platform).filter(({ detail }) => detail !== own);
}

function foldersOf({ platform, ownEnv, paths }: ServiceContext): readonly ScannedFolder[] {
  const home = userHome(ownEnv, paths);
  if (platform === 'darwin')
    return [
      { dir: join(home, 'Library', 'LaunchAgents'), scope: 'user' },
      { dir: '/Library/LaunchAgents', scope: 'system' },
      { dir: '/Library/LaunchDaemons', scope: 'system' },
    ];
  return [
    { dir: userUnits(home), scope: 'user' },
    { dir: '/etc/systemd/user', scope: 'system' },
    { dir: '/etc/systemd/system', scope: 'system' },
    { dir: '/usr/local/lib/systemd/system', scope: 'system' },
    { dir: '/usr/lib/systemd/system', scope: 'system' },
  ];
}

/** Definitions that start something of this name. */
export function scanFolders(folders: readonly ScannedFolder[], platform: string): readonly ExtraService[] {
  const suffix = platform === 'darwin' ? '.plist' : '.service';
  return folders.flatMap(({ dir, scope }) =>
    namesIn(dir)
      .filter((name) => name.endsWith(suffix))
      .map((name) => join(dir, name))
      .filter((file) => looksLikeGateway(file))
      .map((file) => ({ platform, label: basename(file, suffix), detail: file, scope })),
  );
}

function looksLikeGateway(file: string): boolean {
  try {
    const text = readFileSync(file, 'utf8');
    return /pllan/i.test(text) && /\bgateway\b/.test(text);
  } catch {
    return false; // not ours to read
  }
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return []; // no such folder here
  }
}

function tasksIn(csv: string): readonly ExtraService[] {
  const names = csv.split(/\r?\n/).flatMap((line) => /^"\\?([^"]*pllan[^"]*)"/i.exec(line)?.[1] ?? []);
  return [...new Set(names)].map((label) => ({
    platform: 'win32',
    label,
    detail: 'task',
    scope: 'user' as const,
  }));
}
