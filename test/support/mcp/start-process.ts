/** A program beside the gateway, gone when the test file is done. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEachFile } from '../after-file.js';

export interface StartedProcess {
  readonly pid: number;
  stop(): Promise<void>;
}

const started: StartedProcess[] = [];
afterEachFile(() => Promise.all(started.splice(0).map((one) => one.stop())));

/** Call it in a hook or a test: what a file starts while it is read outlives it when that fails. */
export function startProcess(args: readonly string[], env: Readonly<Record<string, string>>): StartedProcess {
  const { PATH } = process.env;
  const child = spawn(process.execPath, args, { env: { PATH, ...env }, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const one = { pid: child.pid as number, stop };
  started.push(one);
  return one;
}
