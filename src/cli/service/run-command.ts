/** Runs the command line of a service manager and waits for it: the one place where that happens. */
import { execFile } from 'node:child_process';
import type { Environment } from '../../shared/paths.js';
import { errorCode } from '../../shared/to-error.js';
import { serviceLimits } from '../limits.js';

export interface CommandResult {
  readonly ok: boolean;
  /** There is no such program. */
  readonly missing: boolean;
  readonly stdout: string;
  /** What it said was wrong; in one line. */
  readonly problem: string;
}

/** Never throws: what goes wrong is in the result. */
export type RunCommand = (program: string, args: readonly string[]) => Promise<CommandResult>;

export function commandRunner(env: Environment): RunCommand {
  return (program, args) =>
    new Promise((resolve) => {
      const options = {
        env,
        encoding: 'utf8',
        timeout: serviceLimits.commandMs,
        maxBuffer: serviceLimits.commandBytes,
        windowsHide: true,
      } as const;
      execFile(program, args, options, (error, stdout, stderr) => {
        const missing = errorCode(error) === 'ENOENT';
        const said = stderr.trim() || stdout.trim() || (error?.message ?? '');
        resolve({
          ok: error === null,
          missing,
          stdout,
          problem: missing ? `${program} not found` : said.replaceAll(/\s*\n\s*/g, ' '),
        });
      });
    });
}
