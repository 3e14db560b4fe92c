/**
 * A request over HTTP that may be repeated with its idempotency key (http.md §4): there is one list of them for all
 * workers, which the primary keeps.
 */

export interface KeyedRequest {
  /** Endpoint, caller and key. */
  readonly name: string;
  /** Of the body. */
  readonly bodyHash: string;
}

export interface RecordedAnswer {
  readonly status: number;
  readonly body: string;
}

export interface SettledRequest {
  readonly name: string;
  /** Null: nothing has happened, and the key is as if it had not been used. */
  readonly answer: RecordedAnswer | null;
}

export type KeyClaim =
  /** Nobody has asked so before: it is the asker's to answer. */
  | { readonly claim: 'first' }
  | { readonly claim: 'answered'; readonly answer: RecordedAnswer }
  | { readonly claim: 'in-progress' }
  /** The key is that of a request with another body. */
  | { readonly claim: 'mismatch' }
  /** Too many requests with keys are being answered. */
  | { readonly claim: 'full' };
