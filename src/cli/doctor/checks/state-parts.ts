/** What is in the state directory: of the kind that it should be, and this user's to use (cli.md §12, row 4). */
import { accessSync, constants, lstatSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { STATE_LOCK_NAME } from '../../../shared/instance-lock.js';
import { displayPath, logFileName, type Paths } from '../../../shared/paths.js';
import { errorCode } from '../../../shared/to-error.js';
import { deviceFile } from '../../client/device/device.js';
import { changeMode } from '../change-mode.js';
import type { Finding } from '../finding.js';

interface Part {
  readonly path: string;
  readonly kind: 'folder' | 'file';
  /** Reading is not enough. */
  readonly written: boolean;
}

type Access = (path: string, mode: number) => void;

/** What is in a folder comes after it. */
function partsOf(paths: Paths): readonly Part[] {
  const { stateDir, configPath, storeDir, logDir, identityDir, tokenFile, identityFile, lockDir } = paths;
  const folder = (path: string): Part => ({ path, kind: 'folder', written: true });
  const file = (path: string, written = true): Part => ({ path, kind: 'file', written });
  return [
    file(configPath, false),
    file(join(stateDir, '.env'), false),
    folder(storeDir),
    file(join(storeDir, 'data.mdb')),
    file(join(storeDir, 'lock.mdb')),
    folder(logDir),
    file(join(logDir, logFileName(new Date()))),
    file(join(logDir, 'config-audit.jsonl')),
    folder(join(stateDir, 'credentials')),
    file(tokenFile, false),
    file(identityFile, false),
    folder(identityDir),
    file(deviceFile(identityDir), false),
    folder(join(stateDir, 'agents')),
    folder(lockDir),
    file(join(stateDir, STATE_LOCK_NAME)),
  ];
}

/** @param access as `accessSync`; for tests, since root may do everything */
export function unusableParts(paths: Paths, access: Access = accessSync): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const part of partsOf(paths)) {
    if ([...found.keys()].some((path) => part.path.startsWith(`${path}/`))) continue;
    const finding = problemOf(part, displayPath(part.path, paths.home), access);
    if (finding) found.set(part.path, finding);
  }
  return [...found.values()];
}

/** Undefined also for what cannot be looked at. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function problemOf({ path, kind, written }: Part, shown: string, access: Access): Finding | undefined {
  const stats = statsOf(path);
  if (!stats) return isLink(path) ? wrongKind(shown, kind, 'a link to nothing') : undefined;
  if (kind === 'folder' ? !stats.isDirectory() : !stats.isFile())
    return wrongKind(shown, kind, stats.isDirectory() ? 'a folder' : stats.isFile() ? 'a file' : 'neither');
  const bits = constants.R_OK | (written ? constants.W_OK : 0) | (kind === 'folder' ? constants.X_OK : 0);
  try {
    access(path, bits);
    return undefined;
  } catch (caught) {
    return unusable(path, shown, { stats, needed: bits << 6, code: errorCode(caught) });
  }
}

function wrongKind(shown: string, kind: Part['kind'], is: string): Finding {
  return {
    code: 'state-wrong-kind',
    level: 'error',
    message: `${shown} is ${is}, and has to be a ${kind}.`,
    advice: `Move it away: mv ${shown} ${shown}.old`,
  };
}

interface Obstacle {
  readonly stats: Stats;
  /** Mode bits that its owner takes to use it. */
  readonly needed: number;
  readonly code: string | undefined;
}

function unusable(path: string, shown: string, { stats, needed, code }: Obstacle): Finding {
  const me = process.getuid?.();
  const octal = (stats.mode & 0o777).toString(8).padStart(4, '0');
  const isMine = stats.uid === me;
  const why =
    code === 'EROFS' ? 'its file system is read-only' : `it belongs to user ${stats.uid}, mode ${octal}`;
  const finding = {
    code: 'state-unusable',
    level: 'error',
    message: `${shown} cannot be used by user ${me ?? '?'}: ${why}.`,
  } as const;
  if (!isMine || code === 'EROFS' || (stats.mode & needed) === needed)
    return {
      ...finding,
      advice: code === 'EROFS' ? 'Mount it writable, or set PLLAN_STATE_DIR.' : `sudo chown -R ${me} ${path}`,
    };
  return {
    ...finding,
    repair: {
      question: 'Let its owner use it (chmod u+rwX)?',
      level: 'safe',
      run() {
        changeMode(path, stats, (mode) => mode | needed);
        return `Its owner can use ${shown} now`;
      },
    },
  };
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  } catch {
    return false;
  }
}
