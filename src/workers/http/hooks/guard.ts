/**
 * Who may call hooks (http.md §11.1): whoever has their token, which is not the gateway's. Failures are counted apart
 * from those of the gateway's secret; a client that is locked out is told so whatever it shows.
 */
import { bearerSecret } from '../../../shared/auth/http-auth.js';
import { authClient } from '../../../shared/auth/auth-client.js';
import { clientAddresses, type ProxyPolicy } from '../../../shared/auth/client-address.js';
import { credentialCheck, type CredentialDigest } from '../../../shared/auth/credential.js';
import type { Exchange } from '../exchange.js';
import type { FailedClients } from '../failed-clients.js';
import { headerOf } from '../header.js';

export type HookRefusal =
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'locked'; readonly retryAfterSeconds: number };

/** Undefined when it may pass. Rejects when nobody could be asked. */
export type HookGuard = (exchange: Exchange) => Promise<HookRefusal | undefined>;

export interface HookGuardOptions {
  readonly credential: CredentialDigest;
  readonly proxies: ProxyPolicy;
  readonly failedClients: FailedClients;
  /** Of every refusal, for the metric. */
  failed(reason: string): void;
  untrustedProxy(peer: string): void;
}

const unauthorized: HookRefusal = { kind: 'unauthorized' };

export function createHookGuard(options: HookGuardOptions): HookGuard {
  const { failedClients, failed } = options;
  const matches = credentialCheck(options.credential);
  const clientOf = clientAddresses(options.proxies);
  const locked = (ms: number): HookRefusal => {
    failed('rate_limited');
    return { kind: 'locked', retryAfterSeconds: Math.ceil(ms / 1000) };
  };
  return async (exchange) => {
    const { headers } = exchange.request;
    const who = clientOf({ peer: exchange.peer, headers });
    if (who.proxy === 'untrusted') options.untrustedProxy(exchange.peer);
    const client = authClient(who, headers.origin);
    const lockedMs = failedClients.lockedFor(client.key);
    if (lockedMs > 0) return locked(lockedMs);
    const shown = bearerSecret(headers.authorization) ?? headerOf(exchange, ...tokenHeaders);
    if (shown === undefined) {
      failed('hook_token_missing');
      return unauthorized;
    }
    const right = matches(shown);
    if (right && !failedClients.knows(client.key)) return undefined;
    const verdict = await failedClients.attempt(client, right);
    if (verdict.lockedMs > 0) return locked(verdict.lockedMs);
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
