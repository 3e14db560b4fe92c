/**
 * Requests that a chat network sends to the path of an account, `POST /channels/<channel>/<accountId>`: a worker reads
 * and checks them, the account takes them.
 */
import type { CredentialDigest } from '../auth/credential.js';

/** A request that a worker has read and checked; headers by lower-case name, and only those that its proof names. */
export interface ChannelRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ChannelResponse {
  readonly status: number;
  /** JSON. */
  readonly body?: string;
}

/** What a worker asks the primary with such a request. */
export interface AskedChannelRequest {
  readonly channel: string;
  readonly accountId: string;
  readonly request: ChannelRequest;
}

/** What a worker must know of an account to tell its network's requests from anybody's. */
export type RequestProof =
  /** Signed as `standard-webhooks.ts` has it, with one of these keys (base64). */
  | { readonly kind: 'signed'; readonly keys: readonly string[] }
  /** A header shows a secret. */
  | { readonly kind: 'header'; readonly header: string; readonly credential: CredentialDigest };

/** By channel and account: those that take requests. */
export type RequestProofs = Readonly<Record<string, Readonly<Record<string, RequestProof>>>>;

export const channelRequestLimits = {
  /** Of a request; as much as the primary reads of a frame on its own event loop. */
  bodyBytes: 256 * 1024,
  /** For the account to have it on disk. */
  acceptMs: 10_000,
  /** When an account that cannot take it now may be asked again. */
  retryAfterSeconds: 5,
  /** Of a path's parts. */
  nameChars: 128,
} as const;
