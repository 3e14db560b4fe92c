/** `--force`: frees the port by ending whoever listens on it (config.md §11). */
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isGatewayCommand } from '../../shared/instance-lock.js';
import { lockLimits } from '../../shared/limits.js';
import { listenersFromProc } from '../../shared/listeners-from-proc.js';
import type { Logger } from '../../shared/log/logger.js';
import { errorCode, toError } from '../../shared/to-error.js';
import { StartError } from '../start-error.js';
import { commandLine, isZombie } from '../../shared/process-facts.js';

const run = promisify(execFile);

/**
 * @param byAgent a command of an agent asks: it may not end the gateway that runs it, or anybody else's (cli.md §2)
 * @throws StartError when the port cannot be freed
 */
export async function forcePort(port: number, log: Logger, byAgent: boolean): Promise<void> {
  const startedAt = Date.now();
  const pids = await findListeners(port);
  if (pids.length === 0) {
    log.debug('force.none', `force: no listeners on port ${port}`);
    return;
  }
  const gateway = pids.find((pid) => isGatewayCommand(commandLine(pid)));
  if (byAgent && gateway !== undefined)
    throw new StartError(
      `force: the gateway on port ${port} (pid ${gateway}) is not ended from the shell of an agent.\nRun this in a shell of your own.`,
    );
  for (const pid of pids) {
    const command = commandLine(pid);
    signal(pid, 'SIGTERM');
    log.warn('force.killed', `force: killed pid ${pid} (${command}) on port ${port}`, { pid, port });
  }
  await until(() => pids.every((pid) => !isAlive(pid)), lockLimits.forceTermMs);
  const stubborn = pids.filter(isAlive);
  if (stubborn.length > 0) {
    log.warn('force.escalated', `force: escalated to SIGKILL while freeing port ${port}`, { port });
    for (const pid of stubborn) signal(pid, 'SIGKILL');
    if (!(await until(() => stubborn.every((pid) => !isAlive(pid)), lockLimits.forceKillMs))) {
      throw couldNot(port, `pid ${stubborn.join(', ')} does not end`);
    }
  }
  if (!(await until(() => isBindable(port), lockLimits.forceBindMs))) throw couldNot(port, 'it stays in use');
  log.info('force.waited', `force: waited ${Date.now() - startedAt}ms for port ${port} to free`, { port });
}

async function findListeners(port: number): Promise<number[]> {
  const fromProc = listenersFromProc(port);
  if (fromProc) return fromProc;
  try {
    const { stdout } = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t']);
    return stdout.split('\n').filter(Boolean).map(Number);
  } catch (caught) {
    if (errorCode(caught) === 'ENOENT') throw couldNot(port, 'lsof not found');
    return []; // lsof exits 1 when there is nothing to list
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch (caught) {
    if (errorCode(caught) !== 'ESRCH')
      throw new StartError(`Could not end pid ${pid}: ${toError(caught).message}`);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false; // gone
  }
}

async function until(condition: () => boolean | Promise<boolean>, ms: number): Promise<boolean> {
  const end = Date.now() + ms;
  for (;;) {
    if (await condition()) return true;
    if (Date.now() >= end) return false;
    await sleep(lockLimits.pollMs);
  }
}

function isBindable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function couldNot(port: number, cause: string): StartError {
  return new StartError(
    `Could not free port ${port}: ${cause}. Run pllan gateway status --deep to inspect the listener.`,
  );
}
