/** Something that the gateway posts to an address that somebody has written into a job; workers do it. */
export interface WebhookPost {
  readonly url: string;
  /** JSON. */
  readonly body: string;
  /** Sent as bearer token. */
  readonly token?: string;
  readonly timeoutMs: number;
}

export type WebhookOutcome =
  | { readonly ok: true }
  /** `retryable`: another time it may be taken. */
  | { readonly ok: false; readonly message: string; readonly retryable: boolean };
