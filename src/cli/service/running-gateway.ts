/** The gateway of this state directory, whoever has started it: found by its lock, and known to be a gateway by its command line. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isGatewayCommand, liveOwner } from '../../shared/instance-lock.js';
import { commandLine, isZombie } from '../../shared/process-facts.js';
import { errorCode, toError } from '../../shared/to-error.js';
import { serviceLimits } from '../limits.js';
import { inspectPort } from '../status/inspect-port.js';
import { UserError } from '../user-error.js';

export interface RunningGateway {
  readonly pid: number;
  readonly port: number;
}

/** Undefined when none runs. What its lock says is not believed before the process has been looked at. */
export function findGateway(stateDir: string): RunningGateway | undefined {
  const owner = liveOwner(stateDir);
  if (!owner || !isGatewayCommand(commandLine(owner.pid))) return undefined;
  return { pid: owner.pid, port: owner.port };
}

/** Who else holds the port, in words; undefined when nobody does. */
export async function strangerOn(port: number): Promise<string | undefined> {
  const { listeners } = await inspectPort(port);
  const pid = listeners.find((listener) => listener.pid !== undefined)?.pid;
  if (pid === undefined) return listeners.length > 0 ? 'a process of another user' : undefined;
  const what = isGatewayCommand(commandLine(pid))
    ? 'a gateway of another state directory'
    : 'another program';
  return `${what} (pid ${pid})`;
}

/** @throws UserError */
export function signalGateway({ pid }: RunningGateway, signal: 'SIGTERM' | 'SIGUSR1'): void {
  try {
    process.kill(pid, signal);
  } catch (caught) {
    if (errorCode(caught) !== 'ESRCH')
      throw new UserError(`The gateway (pid ${pid}) cannot be signalled: ${toError(caught).message}`);
  }
}

/** False when it is still there after all the time that a stop may take. */
export async function hasEnded({ pid }: RunningGateway): Promise<boolean> {
  const end = performance.now() + serviceLimits.stopMs;
  while (isAlive(pid)) {
    if (performance.now() > end) return false;
    await sleep(serviceLimits.stopPollMs);
  }
  return true;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (caught) {
    return errorCode(caught) === 'EPERM';
  }
}
