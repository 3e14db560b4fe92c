/**
 * Who may call hooks (http.md §11.1): whoever has their token, which is not the gateway's. Failures are counted apart
 * from those of the gateway's secret; a client that is locked out is told so whatever it shows.
 */
import { bearerSecret } from '../../../shared/auth/http-auth.js';
import { credentialCheck, type CredentialDigest } from '../../../shared/auth/credential.js';
import type { Exchange } from '../exchange.js';
import type { CountedClients } from '../counted-clients.js';
import { headerOf } from '../header.js';

export type HookRefusal =
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'locked'; readonly retryAfterSeconds: number };

/** Undefined when it may pass. Rejects when nobody could be asked. */
export type HookGuard = (exchange: Exchange) => Promise<HookRefusal | undefined>;

export interface HookGuardOptions {
  readonly credential: CredentialDigest;
  readonly clients: CountedClients;
  /** Of every refusal, for the metric. */
  failed(reason: string): void;
}

const unauthorized: HookRefusal = { kind: 'unauthorized' };

export function createHookGuard(options: HookGuardOptions): HookGuard {
  const { clients, failed } = options;
  const matches = credentialCheck(options.credential);
  const locked = (ms: number): HookRefusal => {
    failed('rate_limited');
    return { kind: 'locked', retryAfterSeconds: Math.ceil(ms / 1000) };
  };
  return async (exchange) => {
    const client = clients(exchange);
    if (client.lockedMs > 0) return locked(client.lockedMs);
    const shown = bearerSecret(exchange.request.headers.authorization) ?? headerOf(exchange, ...tokenHeaders);
    if (shown === undefined) {
      failed('hook_token_missing');
      return unauthorized;
    }
    const right = matches(shown);
    const lockedMs = await client.tried(right);
    if (lockedMs > 0) return locked(lockedMs);
    if (right) return undefined;
    failed('hook_token_mismatch');
    return unauthorized;
  };
}

const tokenHeaders = ['x-pllan-token', 'x-openclaw-token'] as const;

/** Headers in which a credential comes: neither templates nor transforms see them. */
export const credentialHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  ...tokenHeaders,
]);
