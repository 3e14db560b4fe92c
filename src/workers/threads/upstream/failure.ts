/** Why a call to a provider did not end well, before anyone decides what to tell the client. */
import { jsonProblem } from '../../../shared/json-problem.js';
import { toError } from '../../../shared/to-error.js';

export type FailureReason =
  /** No connection, or it broke before the first byte. */
  | 'connection'
  /** It broke after the first byte. */
  | 'broken'
  | 'connect-timeout'
  | 'first-byte-timeout'
  | 'idle-timeout'
  /** What came is not what the API promises. */
  | 'malformed'
  /** What came, in an answer that began well, says that the provider failed, and not why. */
  | 'reported'
  /** The client is gone, or the turn's own time is up. */
  | 'aborted'
  | 'turn-timeout'
  /** A status that is not 2xx, or an error in the middle of an answer that stands for one. */
  | 'status';

export interface FailureOptions {
  readonly cause?: unknown;
  readonly status?: number;
  /** The provider's own, or ours, in seconds, for one that was not asked. */
  readonly retryAfter?: string | undefined;
  /** The provider's own words, sanitized. */
  readonly text?: string | undefined;
  /** What was sent is more than the model can read. */
  readonly overflow?: boolean;
}

export class UpstreamFailure extends Error {
  readonly reason: FailureReason;
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
  readonly text: string | undefined;
  readonly overflow: boolean;

  constructor(reason: FailureReason, message: string, options: FailureOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'UpstreamFailure';
    this.reason = reason;
    this.status = options.status;
    this.retryAfter = options.retryAfter;
    this.text = options.text;
    this.overflow = options.overflow ?? false;
  }
}

/** What was thrown where an answer was read. */
export function unreadable(caught: unknown): UpstreamFailure {
  if (caught instanceof UpstreamFailure) return caught;
  const cause = toError(caught);
  return new UpstreamFailure('malformed', `unreadable answer: ${jsonProblem(cause)}`, { cause });
}

export function isContextOverflow(caught: unknown): boolean {
  return caught instanceof UpstreamFailure && caught.overflow;
}

/** Label of a failure in metrics and the log. */
export function categoryOf({ reason, status }: UpstreamFailure): string {
  return status === undefined ? reason : `status_${status}`;
}

/** What kind of trouble it is, for whoever decides what else to try; undefined when nothing else would help. */
export type Trouble = 'auth' | 'rate-limit' | 'overload' | 'provider';

export function troubleOf({ reason, status = 0 }: UpstreamFailure): Trouble | undefined {
  if (reason === 'aborted' || reason === 'turn-timeout') return undefined;
  if (reason !== 'status') return 'provider';
  // 402: the account has no money left.
  if (status === 401 || status === 402 || status === 403) return 'auth';
  if (status === 429) return 'rate-limit';
  if (status === 503 || status === 529) return 'overload';
  return status >= 500 || status === 408 ? 'provider' : undefined;
}
