/** A reason not to start, with the exit code that service managers act on (config.md §10). */
import { toError } from '../shared/to-error.js';

export const exitCodes = {
  stopped: 0,
  failure: 1,
  /** EX_CONFIG: a restart cannot cure it, so the service manager must not try. */
  configuration: 78,
} as const;

export class StartError extends Error {
  readonly exitCode: number;
  /** The same in one line, for whoever is not starting. */
  readonly reason: string;

  constructor(message: string, exitCode: number = exitCodes.failure, reason = message) {
    super(message);
    this.name = 'StartError';
    this.exitCode = exitCode;
    this.reason = reason;
  }
}

/** For what a config says that is valid by itself and makes no sense with the rest of it, or with this machine. */
export function configError(message: string): StartError {
  return new StartError(`Config invalid\n- ${message}`, exitCodes.configuration, message);
}

/** The file system refused a step of the start: `what` could not be done, and what the operator may do about it. */
export function refusedBySystem(what: string, caught: unknown, remedy: string): StartError {
  return new StartError(`${what}: ${toError(caught).message}\n${remedy}`);
}

/** Runs such a step. @throws StartError */
export function systemStep<T>(what: string, remedy: string, step: () => T): T {
  try {
    return step();
  } catch (caught) {
    throw refusedBySystem(what, caught, remedy);
  }
}
