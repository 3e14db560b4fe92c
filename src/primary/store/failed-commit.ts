/** How lmdb tells that a commit has failed, as on a full disk: not only to whoever wrote, and not there why. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { toError } from '../../shared/to-error.js';

/** The error of a failed commit. lmdb also rejects a promise with it that nobody outside of it has. */
export function isFailedCommit(caught: unknown): caught is FailedCommit {
  return caught instanceof Error && 'commitError' in caught;
}

interface FailedCommit extends Error {
  /** Rejects with the reason, in the same turn of the event loop. */
  readonly commitError: Promise<never>;
}

/** Why it failed, as the system says it. */
export async function causeOf(failure: Error): Promise<Error> {
  if (!isFailedCommit(failure)) return failure;
  return Promise.race([failure.commitError.catch(toError), nextTurn(failure)]);
}
