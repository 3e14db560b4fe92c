/** Who keeps an instance lock (config.md §11), for the gateway and for commands that have to find it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRecord } from './is-record.js';
import { commandLine, isZombie, processStartTime } from './process-facts.js';
import { errorCode } from './to-error.js';

/** Of the lock in the state dir. */
export const STATE_LOCK_NAME = 'gateway.lock';

export interface LockOwner {
  readonly pid: number;
  readonly createdAt: string;
  readonly configPath: string;
  readonly port: number;
  /** Of its agents. */
  readonly workspace?: string;
  /** Ticks since boot at which the process started; tells a reused pid. */
  readonly startTime?: number;
}

export function readLockOwner(file: string): LockOwner | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isRecord(owner) && isPid(owner.pid) ? (owner as unknown as LockOwner) : undefined;
  } catch {
    return undefined; // gone, or cut off by a crash while it was written: stale either way
  }
}

/** The gateway that runs in this state dir. */
export function liveOwner(stateDir: string): LockOwner | undefined {
  const owner = readLockOwner(join(stateDir, STATE_LOCK_NAME));
  return owner && isLiveOwner(owner) ? owner : undefined;
}

/** Whether the process that is named runs, and is a gateway. */
export function isLiveOwner(owner: LockOwner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (caught) {
    if (errorCode(caught) === 'ESRCH') return false;
  }
  if (isZombie(owner.pid)) return false;
  const startTime = processStartTime(owner.pid);
  if (startTime !== undefined && owner.startTime !== undefined) return startTime === owner.startTime;
  return isGatewayCommand(commandLine(owner.pid));
}

/** By its program and arguments, as one line. */
export function isGatewayCommand(command: string): boolean {
  return /pllan|entry\.js/.test(command) && /\bgateway\b/.test(command);
}

function isPid(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}
