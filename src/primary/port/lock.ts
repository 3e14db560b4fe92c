/**
 * Instance locks (config.md §11): one file in the state dir, one for the config file. Whoever creates them
 * owns them; a lock whose owner is dead, or whose pid is someone else's by now, is taken over.
 */
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLiveOwner, readLockOwner, STATE_LOCK_NAME, type LockOwner } from '../../shared/instance-lock.js';
import { lockLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { configLockName, type Environment, type Paths } from '../../shared/paths.js';
import { describeRefusedWrite } from '../../shared/refused-write.js';
import { errorCode, toError } from '../../shared/to-error.js';
import { makePrivateDir, writePrivateFile } from '../../shared/private-file.js';
import { isOfSystemd } from '../restart/supervised.js';
import { exitCodes, StartError, systemStep } from '../start-error.js';
import { isLiveGateway } from './live-gateway.js';
import { processStartTime } from '../../shared/process-facts.js';

const LOCK_REMEDY = 'Remove what is in its place, and make its folder one that this user can write to.';
const LOCK_DIR_REMEDY = 'Remove what is in its place, or set TMPDIR to a folder of this user.';

export interface InstanceLock {
  /** The gateway listens on another port from here on. */
  moved(port: number): void;
  release(): void;
}

export interface LockOptions {
  readonly paths: Paths;
  readonly port: number;
  /** Of its agents; undefined when none will run. */
  readonly workspace?: string;
  readonly env: Environment;
  readonly log: Logger;
  /** Ends the wait for a lock that is held. */
  readonly stop: AbortSignal;
}

/**
 * The state dir must be there.
 *
 * @throws StartError when another gateway keeps a lock or the file system refuses one, AbortError when `stop`
 * ended the wait
 */
export async function acquireLocks(options: LockOptions): Promise<InstanceLock> {
  const { paths, port, workspace, env } = options;
  ensureLockDir(paths.lockDir);
  const files = [join(paths.stateDir, STATE_LOCK_NAME)];
  if (env.PLLAN_ALLOW_MULTI_GATEWAY !== '1')
    files.push(join(paths.lockDir, configLockName(paths.configPath)));
  const startTime = processStartTime(process.pid);
  let owner: LockOwner = {
    pid: process.pid,
    createdAt: new Date().toISOString(),
    configPath: paths.configPath,
    port,
    ...(workspace === undefined ? {} : { workspace }),
    ...(startTime === undefined ? {} : { startTime }),
  };
  const held: string[] = [];
  const release = (): void => {
    for (const file of held.splice(0)) {
      try {
        // As `rmSync` does not say why it could not.
        if (readLockOwner(file)?.pid === process.pid) unlinkSync(file);
      } catch (caught) {
        if (errorCode(caught) === 'ENOENT') continue;
        // Of a process that has ended: the next one takes it for stale.
        options.log.warn('lock.left', `${file} is left behind: ${describeRefusedWrite(caught)}`);
      }
    }
  };
  try {
    for (const file of files) {
      await acquire(file, owner, options);
      held.push(file);
    }
  } catch (caught) {
    release();
    throw caught;
  }
  if (workspace !== undefined) warnOfNeighbours(workspace, options);
  return {
    moved(next) {
      if (next === owner.port) return;
      owner = { ...owner, port: next };
      try {
        for (const file of held) writePrivateFile(file, JSON.stringify(owner));
      } catch (caught) {
        options.log.warn('lock.port', `the locks still name the port before: ${toError(caught).message}`);
      }
    },
    release,
  };
}

/** Other gateways of this user whose agents would work on the same files. */
function warnOfNeighbours(workspace: string, { paths: { lockDir }, log }: LockOptions): void {
  const locks = readdirSync(lockDir).filter((name) => /^gateway\.[0-9a-f]+\.lock$/.test(name));
  for (const name of locks) {
    const other = readLockOwner(join(lockDir, name));
    if (!other || other.workspace !== workspace || other.pid === process.pid || !isLiveOwner(other)) continue;
    log.warn(
      'workspace.shared',
      `the gateway on port ${other.port} (pid ${other.pid}) has the same workspace ${workspace}: set agents.defaults.workspace`,
    );
  }
}

async function acquire(file: string, owner: LockOwner, { env, log, stop }: LockOptions): Promise<void> {
  const startedAt = Date.now();
  const step = <T>(run: () => T): T => systemStep(`lock ${file} cannot be taken`, LOCK_REMEDY, run);
  let told = false;
  for (;;) {
    if (step(() => tryCreate(file, owner))) return;
    const holder = readLockOwner(file);
    if (!holder || !isHeld(holder)) {
      if (!step(() => removeStale(file))) await sleep(lockLimits.pollMs, undefined, { signal: stop });
      continue;
    }
    if (Date.now() - startedAt >= lockLimits.waitMs) {
      const isTwin = isOfSystemd(env, process.pid) && (await isLiveGateway('127.0.0.1', holder.port, stop));
      throw new StartError(
        `gateway already running (pid ${holder.pid}); lock timeout after ${lockLimits.waitMs}ms\n` +
          `It listens on port ${holder.port}. Stop it with \`pllan gateway stop\`, or use another profile or PLLAN_STATE_DIR.`,
        isTwin ? exitCodes.configuration : exitCodes.failure,
      );
    }
    if (!told) log.info('lock.held', `gateway already running (pid ${holder.pid}); waiting for its lock`);
    told = true;
    await sleep(lockLimits.pollMs, undefined, { signal: stop });
  }
}

/** The file appears with its content: who finds it empty could only take it for stale. */
function tryCreate(file: string, owner: LockOwner): boolean {
  const complete = `${file}.${process.pid}`;
  try {
    writeFileSync(complete, JSON.stringify(owner), { mode: 0o600 });
    linkSync(complete, file);
    return true;
  } catch (caught) {
    if (errorCode(caught) === 'EEXIST') return false;
    throw caught;
  } finally {
    rmSync(complete, { force: true });
  }
}

/**
 * Takes a dead owner's lock away, one process at a time: without the guard, a process that had read the dead
 * owner could remove the lock that another one has created since. False when another process is at it.
 */
function removeStale(file: string): boolean {
  const guard = `${file}.takeover`;
  try {
    mkdirSync(guard, { mode: 0o700 });
  } catch (caught) {
    if (errorCode(caught) !== 'EEXIST') throw caught;
    if (isAbandoned(guard)) rmSync(guard, { recursive: true, force: true });
    return false;
  }
  try {
    const holder = readLockOwner(file);
    if (!holder || !isHeld(holder)) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { recursive: true, force: true });
  }
  return true;
}

/** A takeover is a matter of microseconds; one that is older was cut off by a crash. */
function isAbandoned(guard: string): boolean {
  const { mtimeMs } = statSync(guard, { throwIfNoEntry: false }) ?? { mtimeMs: Number.NaN };
  return Date.now() - mtimeMs > lockLimits.takeoverMs;
}

function isHeld(owner: LockOwner): boolean {
  return owner.pid !== process.pid && isLiveOwner(owner);
}

function ensureLockDir(dir: string): void {
  systemStep(`lock directory ${dir} cannot be used`, LOCK_DIR_REMEDY, () => {
    makePrivateDir(dirname(dir));
    try {
      // This user's, whoever the folder above it belongs to.
      mkdirSync(dir, { mode: 0o700 });
    } catch (caught) {
      // What is there is looked at below.
      if (errorCode(caught) !== 'EEXIST') throw caught;
    }
  });
  const stat = lstatSync(dir);
  const ours = process.platform === 'win32' || stat.uid === process.getuid?.();
  const open = process.platform !== 'win32' && (stat.mode & 0o077) !== 0;
  if (!stat.isDirectory() || !ours || open) {
    throw new StartError(
      `lock directory ${dir} must be a directory of this user with mode 0700\n${LOCK_DIR_REMEDY}`,
    );
  }
}
