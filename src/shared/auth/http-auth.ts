/** Who may use the HTTP APIs (http.md §3): one rule for workers and for the primary's own paths. */
import { isIP } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';
import { splitHost } from './address.js';
import { credentialCheck, type CredentialDigest } from './credential.js';
import { checkOrigin, type OriginPolicy } from './origin.js';

/** The gateway's auth as it may travel to a worker: no secret in it. */
export type HttpAuthPolicy = OriginPolicy &
  (
    | { readonly mode: 'none' }
    | { readonly mode: 'token' | 'password'; readonly credential: CredentialDigest }
  );

export type HttpAuthVerdict = 'ok' | 'unauthorized' | 'forbidden-host';

export type HttpAuthCheck = (headers: IncomingHttpHeaders, peer: string) => HttpAuthVerdict;

/** Builds the check once per policy; the check itself is on every request's path. */
export function httpAuthCheck(policy: HttpAuthPolicy): HttpAuthCheck {
  if (policy.mode === 'none') {
    return (headers, peer) =>
      isTrustedHost(headers.host, policy) && originPasses(headers, peer, policy) ? 'ok' : 'forbidden-host';
  }
  const matches = credentialCheck(policy.credential);
  return (headers) => {
    const bearer = bearerSecret(headers.authorization);
    return bearer !== undefined && matches(bearer) ? 'ok' : 'unauthorized';
  };
}

/** The credential of `Authorization: Bearer <secret>`; another scheme counts as none. */
export function bearerSecret(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length < 8) return undefined;
  if (authorization.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  const secret = authorization.slice(7).trim();
  return secret === '' ? undefined : secret;
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
