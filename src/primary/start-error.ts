/** A reason not to start, with the exit code that service managers act on (config.md §10). */

export const exitCodes = {
  stopped: 0,
  failure: 1,
  /** EX_CONFIG: a restart cannot cure it, so the service manager must not try. */
  configuration: 78,
} as const;

export class StartError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failure) {
    super(message);
    this.name = 'StartError';
    this.exitCode = exitCode;
  }
}
