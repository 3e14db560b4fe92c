/**
 * Runs a command for what it prints, within limits. It has a process group of its own, which ends with it, however it
 * ends:
 *
 *   running ──exit 0──▶ draining ──stream closed, or a moment later──▶ output
 *      └── too slow, silent, too much, asked to stop, exit ≠ 0 ──▶ group killed ──▶ failure
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { secretLimits } from './limits.js';
import { errorCode } from '../to-error.js';
import { SecretFailure } from './failure.js';

export interface RunOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input: string;
  readonly timeoutMs: number;
  readonly noOutputTimeoutMs: number;
  readonly maxOutputBytes: number;
  readonly signal: AbortSignal;
}

/** @throws SecretFailure, without a word of what it printed */
export function runForOutput(options: RunOptions): Promise<Buffer> {
  const { signal, timeoutMs, noOutputTimeoutMs, maxOutputBytes } = options;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new SecretFailure('ABORTED', 'the command was not started'));
      return;
    }
    let child: ReturnType<typeof start>;
    try {
      child = start(options);
    } catch {
      // Node says what is wrong with an argument or variable by showing it.
      reject(
        new SecretFailure('UNAVAILABLE', 'the command cannot be run with these arguments and variables'),
      );
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    let settled = false;
    let exited = false;
    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(deadline);
      clearTimeout(silence);
      signal.removeEventListener('abort', stop);
      if (!exited) killGroup(child.pid);
      child.stdout.destroy();
      child.stdin.destroy();
      finish();
    };
    const fail = (failure: SecretFailure): void => settle(() => reject(failure));
    const late =
      (what: string): (() => void) =>
      () =>
        fail(new SecretFailure('TIMEOUT', what));
    const stop = (): void => fail(new SecretFailure('ABORTED', 'the command was stopped'));
    const deadline = setTimeout(late(`the command took more than ${timeoutMs} ms`), timeoutMs);
    const silence = setTimeout(
      late(`the command printed nothing for ${noOutputTimeoutMs} ms`),
      noOutputTimeoutMs,
    );
    signal.addEventListener('abort', stop, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      silence.refresh();
      bytes += chunk.length;
      if (bytes > maxOutputBytes)
        fail(new SecretFailure('TOO_LARGE', `the command printed more than ${maxOutputBytes} bytes`));
      else chunks.push(chunk);
    });
    const done = (): void => settle(() => resolve(Buffer.concat(chunks)));
    child.once('error', (error) =>
      fail(
        new SecretFailure(
          'UNAVAILABLE',
          `the command cannot be run (${errorCode(error) ?? 'unknown error'})`,
        ),
      ),
    );
    child.once('exit', (code, ended) => {
      exited = true;
      clearTimeout(silence);
      // What it has left running.
      killGroup(child.pid);
      if (code !== 0)
        fail(new SecretFailure('UNAVAILABLE', `the command ended with ${ended ?? `exit code ${code}`}`));
      else setTimeout(done, secretLimits.drainMs).unref();
    });
    // After the exit, when everything it printed has been read.
    child.once('close', done);
    // It need not read what it is asked.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input);
  });
}

function start({ command, args, cwd, env }: RunOptions): ChildProcessByStdio<Writable, Readable, null> {
  return spawn(command, args, {
    cwd,
    env,
    shell: false,
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}
