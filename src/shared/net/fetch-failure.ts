/** Why something was not fetched. Its message may be shown to whoever asked; it names no address of this network. */

export type FetchFailureReason =
  /** Not an http or https URL, or one with credentials. */
  | 'url'
  /** Not on the list of allowed hosts, or a name of the local network. */
  | 'blocked-host'
  /** The host is not on the public internet. */
  | 'blocked-address'
  | 'too-large'
  | 'timeout'
  | 'aborted'
  | 'redirects'
  /** Not 2xx. */
  | 'bad-status'
  | 'mime'
  /** No such host, no connection, a broken or unreadable answer. */
  | 'network';

export class FetchFailure extends Error {
  readonly reason: FetchFailureReason;
  /** Of a bad status. */
  readonly status: number | undefined;

  constructor(
    reason: FetchFailureReason,
    message: string,
    options: { cause?: unknown; status?: number } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'FetchFailure';
    this.reason = reason;
    this.status = options.status;
  }
}
