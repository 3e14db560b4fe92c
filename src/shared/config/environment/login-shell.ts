/** Variables that only a login shell knows, for a gateway that a service manager started (config.md §4.1). */
import { spawnSync } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { configLimits } from '../limits.js';
import type { Environment } from '../../paths.js';

/** Gives all that the shell exports. @throws Error that says why there is nothing */
export type AskLoginShell = (env: Environment, timeoutMs: number) => Environment;

export const askLoginShell: AskLoginShell = (env, timeoutMs) => {
  const shell = env.SHELL !== undefined && isAbsolute(env.SHELL) ? env.SHELL : '/bin/sh';
  // What profiles print comes before the first NUL, and is no variable.
  const asked = spawnSync(shell, ['-l', '-c', String.raw`printf '\0'; env -0`], {
    env,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: configLimits.shellBytes,
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  });
  if (asked.error) throw asked.error;
  if (asked.status !== 0) throw new Error(`it ended with ${asked.status ?? asked.signal}`);
  const variables = asked.stdout
    .split('\0')
    .slice(1)
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
  return Object.fromEntries(variables.filter(([name]) => name !== ''));
};
