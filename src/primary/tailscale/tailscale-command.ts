/** The machine's own `tailscale` command: run as a person would, with a deadline, and nothing of the gateway's secrets. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { tailscaleLimits } from '../../shared/limits.js';
import { errorCode, toError } from '../../shared/to-error.js';
import { childEnvironment } from '../child-environment.js';

const run = promisify(execFile);

/** Gives what it printed. @throws Error with what it said, in one line */
export async function runTailscale(args: readonly string[], timeoutMs: number): Promise<string> {
  try {
    const { stdout } = await run('tailscale', args, {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: tailscaleLimits.outputBytes,
      env: childEnvironment(process.env),
      windowsHide: true,
    });
    return stdout;
  } catch (caught) {
    throw new Error(reasonOf(caught, timeoutMs), { cause: caught });
  }
}

function reasonOf(caught: unknown, timeoutMs: number): string {
  if (errorCode(caught) === 'ENOENT') return 'the tailscale command is not on the PATH';
  const { killed, stderr, stdout } = caught as Partial<Record<'stderr' | 'stdout', string>> & {
    readonly killed?: boolean;
  };
  if (killed) return `no answer from the tailscale command after ${timeoutMs} ms`;
  const said = `${stderr ?? ''}\n${stdout ?? ''}`.split('\n').map((line) => line.trim());
  return said.find((line) => line !== '') ?? toError(caught).message;
}
