/** Who may use the HTTP APIs (http.md §3): one rule for workers and for the primary's own paths. */
import { isIP } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';
import { hasScope, type Scope } from '../protocol/scopes.js';
import { isDirectLoopback, splitHost } from './address.js';
import type { AuthPolicy } from './auth-policy.js';
import { credentialCheck } from './credential.js';
import { checkOrigin, type OriginPolicy } from './origin.js';
import { grantedScopes } from './scope-header.js';
import { trustedProxyCheck } from './trusted-proxy.js';

/** The gateway's auth as it may travel to a worker: no secret in it. */
export type HttpAuthPolicy = OriginPolicy & AuthPolicy;

export type HttpAuthVerdict = 'ok' | 'unauthorized' | 'forbidden-host' | 'missing-scope';

export type HttpAuthCheck = (headers: IncomingHttpHeaders, peer: string, required: Scope) => HttpAuthVerdict;

/** Builds the check once per policy; the check itself is on every request's path. */
export function httpAuthCheck(policy: HttpAuthPolicy): HttpAuthCheck {
  switch (policy.mode) {
    case 'none':
      return (headers, peer, required) =>
        isTrustedHost(headers.host, policy) && originPasses(headers, peer, policy)
          ? withinScopes(headers, required)
          : 'forbidden-host';
    case 'token':
    case 'password': {
      const matches = credentialCheck(policy.credential);
      return (headers) => (bearerMatches(headers, matches) ? 'ok' : 'unauthorized');
    }
    case 'trusted-proxy': {
      const refusal = trustedProxyCheck(policy.proxy);
      const isLocalPassword = policy.localPassword ? credentialCheck(policy.localPassword) : () => false;
      return (headers, peer, required) => {
        if (refusal({ peer, headers }) === undefined) {
          // Whoever has a session with the proxy must not be used by a page. That page is not where the proxy is.
          return originPasses(headers, 'unknown', policy)
            ? withinScopes(headers, required)
            : 'forbidden-host';
        }
        return isDirectLoopback({ peer, headers }) && bearerMatches(headers, isLocalPassword)
          ? 'ok'
          : 'unauthorized';
      };
    }
  }
}

/** The credential of `Authorization: Bearer <secret>`; another scheme counts as none. */
export function bearerSecret(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length < 8) return undefined;
  if (authorization.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  const secret = authorization.slice(7).trim();
  return secret === '' ? undefined : secret;
}

function bearerMatches(headers: IncomingHttpHeaders, matches: (candidate: string) => boolean): boolean {
  const bearer = bearerSecret(headers.authorization);
  return bearer !== undefined && matches(bearer);
}

function withinScopes(headers: IncomingHttpHeaders, required: Scope): HttpAuthVerdict {
  const granted = grantedScopes(headers);
  return granted === 'all' || hasScope(granted, required) ? 'ok' : 'missing-scope';
}

/** Without a secret a web page must not reach the gateway through a rebound name (http.md §3, mode none). */
function isTrustedHost(host: string | undefined, policy: OriginPolicy): boolean {
  if (host === undefined) return false;
  const name = splitHost(host).name.toLowerCase();
  if (name === 'localhost' || isIP(name) !== 0 || name.endsWith('.local') || name.endsWith('.ts.net'))
    return true;
  return policy.allowedOrigins.some((origin) => origin.toLowerCase().endsWith(`//${host.toLowerCase()}`));
}

function originPasses(headers: IncomingHttpHeaders, peer: string, policy: OriginPolicy): boolean {
  if (headers.origin === undefined) return true;
  return checkOrigin({ origin: headers.origin, host: headers.host, peer }, policy).ok;
}
