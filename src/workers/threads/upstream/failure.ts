/** Why a call to a provider did not end well, before anyone decides what to tell the client. */

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
  /** The client is gone, or the turn's own time is up. */
  | 'aborted'
  | 'turn-timeout'
  /** A status that is not 2xx. */
  | 'status';

export interface FailureOptions {
  readonly cause?: unknown;
  readonly status?: number;
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

export function isContextOverflow(caught: unknown): boolean {
  return caught instanceof UpstreamFailure && caught.overflow;
}
