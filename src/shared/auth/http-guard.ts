/**
 * Lets an HTTP request pass or not (http.md §3), the same in workers and in the primary. Credentials are compared where
 * the request is; failures are counted in one place, which is asked about a client that has any:
 *
 *   compared ──right, nothing known of the client──▶ passes, nobody is asked
 *      └── wrong, or failures known ──▶ asked: locked ──▶ 429
 *                                          └── counted ──held back──▶ passes, or 401
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { apiErrorBody, missingScopeBody } from '../errors/api-error.js';
import { httpErrors } from '../errors/catalogue.js';
import type { Scope } from '../protocol/scopes.js';
import { authClient, type AttemptVerdict, type AuthClient } from './auth-client.js';
import { clientAddresses } from './client-address.js';
import {
  httpAuthCheck,
  type HttpAuthPolicy,
  type HttpAuthRefusal,
  type HttpAuthVerdict,
} from './http-auth.js';

/** Where failures are counted, as seen from where credentials are compared. */
export interface AttemptCounter {
  /** False when a right secret of this client need not be told. */
  knows(key: string): boolean;
  /** Nothing is known of anybody. */
  readonly empty: boolean;
  attempt(client: AuthClient, right: boolean): Promise<AttemptVerdict>;
}

export interface GuardRefusal {
  readonly kind: HttpAuthRefusal | 'tooManyFailures';
  readonly retryAfterSeconds: number | undefined;
}

export interface HttpGuardOptions {
  readonly policy: HttpAuthPolicy;
  readonly counter: AttemptCounter;
  /** Of every refusal, for the metric. */
  failed(reason: string): void;
  /** There are a proxy's headers, and it is not trusted. */
  untrustedProxy(peer: string): void;
}

export interface HttpGuardRequest {
  readonly headers: IncomingHttpHeaders;
  /** Address of the socket's other end. */
  readonly peer: string;
  readonly required: Scope;
  /** Passing is not what the request is about: one without a credential is no failure. */
  readonly optional?: boolean;
}

/** Undefined when it may pass: at once, unless the client is one that has failed. Rejects when nobody could be asked. */
export type HttpGuard = (
  request: HttpGuardRequest,
) => GuardRefusal | undefined | Promise<GuardRefusal | undefined>;

export function createHttpGuard({ policy, counter, failed, untrustedProxy }: HttpGuardOptions): HttpGuard {
  const check = httpAuthCheck(policy);
  const clientOf = clientAddresses(policy.proxies);
  const settle = (
    { refused, reason, compared }: HttpAuthVerdict,
    optional = false,
  ): GuardRefusal | undefined => {
    if (refused === undefined) return undefined;
    if (compared || !optional) failed(reason);
    return { kind: refused, retryAfterSeconds: undefined };
  };
  const judge = async (verdict: HttpAuthVerdict, client: AuthClient): Promise<GuardRefusal | undefined> => {
    const { lockedMs, delayMs } = await counter.attempt(client, verdict.refused === undefined);
    if (lockedMs > 0) {
      failed('rate_limited');
      return { kind: 'tooManyFailures', retryAfterSeconds: Math.ceil(lockedMs / 1000) };
    }
    if (delayMs > 0) await sleep(delayMs);
    return settle(verdict);
  };
  return ({ headers, peer, required, optional }) => {
    const verdict = check(headers, peer, required);
    const proxied = namesProxy(headers) && clientOf({ peer, headers });
    if (proxied && proxied.proxy === 'untrusted') untrustedProxy(peer);
    if (!verdict.compared || (verdict.refused === undefined && counter.empty))
      return settle(verdict, optional);
    const client = authClient(proxied || clientOf({ peer, headers }), headers.origin);
    if (verdict.refused === undefined && !counter.knows(client.key)) return undefined;
    return judge(verdict, client);
  };
}

/** A look at the usual ones, since this is on every request's path. */
function namesProxy(headers: IncomingHttpHeaders): boolean {
  return (
    headers['x-forwarded-for'] !== undefined ||
    headers.forwarded !== undefined ||
    headers['x-real-ip'] !== undefined
  );
}

/** What a refused request is answered, in either process. */
export function refusalAnswer(
  { kind, retryAfterSeconds }: GuardRefusal,
  required: Scope,
): { readonly status: number; readonly body: string; readonly headers: readonly string[] } {
  return {
    status: httpErrors[kind].status,
    body: kind === 'missingScope' ? missingScopeBody(required) : apiErrorBody(kind),
    headers: retryAfterSeconds === undefined ? [] : ['Retry-After', String(retryAfterSeconds)],
  };
}
