/** Who may use the HTTP APIs (http.md §3): one rule for workers and for the primary's own paths. */
import { isIP } from 'node:net';
import type { IncomingHttpHeaders } from 'node:http';
import { hasScope, type Scope } from '../protocol/scopes.js';
import { isDirectLoopback, splitHost } from './address.js';
import type { AuthPolicy } from './auth-policy.js';
import { clientAddresses, type ProxyPolicy } from './client-address.js';
import { credentialCheck, type CredentialDigest } from './credential.js';
import { checkOrigin, type OriginPolicy } from './origin.js';
import { grantedScopes } from './scope-header.js';
import { trustedProxyCheck } from './trusted-proxy.js';

/** The gateway's auth as it may travel to a worker: no secret in it. */
export type HttpAuthPolicy = OriginPolicy & AuthPolicy & { readonly proxies: ProxyPolicy };

export type HttpAuthRefusal = 'unauthorized' | 'forbiddenHost' | 'missingScope' | 'proxyAttributionRequired';

export interface HttpAuthVerdict {
  /** Undefined when the request may pass. */
  readonly refused: HttpAuthRefusal | undefined;
  /** For the metric; reasons of protocol.md §9.4 where there is one. */
  readonly reason: string;
  /** A secret was compared: right or wrong, it concerns whoever counts failures. */
  readonly compared: boolean;
}

export type HttpAuthCheck = (headers: IncomingHttpHeaders, peer: string, required: Scope) => HttpAuthVerdict;

const passed: HttpAuthVerdict = { refused: undefined, reason: 'ok', compared: false };
const forbidden = refused('forbiddenHost', 'forbidden_host');
const missingScope = refused('missingScope', 'missing_scope');
const unattributed = refused('proxyAttributionRequired', 'proxy_attribution_required');

/** Builds the check once per policy; the check itself is on every request's path. */
export function httpAuthCheck(policy: HttpAuthPolicy): HttpAuthCheck {
  switch (policy.mode) {
    case 'none': {
      const clientOf = clientAddresses(policy.proxies);
      return (headers, peer, required) => {
        const client = clientOf({ peer, headers });
        // Only where it comes from speaks for such a request, and a proxy that nobody named hides that.
        if (client.proxy === 'untrusted') return unattributed;
        return isTrustedHost(headers.host, policy) && originPasses(headers, client.address, policy)
          ? withinScopes(headers, required)
          : forbidden;
      };
    }
    case 'token':
    case 'password': {
      const compare = bearerCheck(policy.mode, policy.credential);
      return (headers) => compare(headers);
    }
    case 'trusted-proxy': {
      const refusal = trustedProxyCheck(policy.proxy);
      const compare = policy.localPassword && bearerCheck('password', policy.localPassword);
      return (headers, peer, required) => {
        const reason = refusal({ peer, headers });
        if (reason === undefined) {
          // Whoever has a session with the proxy must not be used by a page. That page is not where the proxy is.
          return originPasses(headers, 'unknown', policy) ? withinScopes(headers, required) : forbidden;
        }
        const local = compare && isDirectLoopback({ peer, headers }) ? compare(headers) : undefined;
        return local?.compared ? local : refused('unauthorized', reason);
      };
    }
  }
}

function refused(kind: HttpAuthRefusal, reason: string): HttpAuthVerdict {
  return { refused: kind, reason, compared: false };
}

/** The credential of `Authorization: Bearer <secret>`; another scheme counts as none. */
export function bearerSecret(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length < 8) return undefined;
  if (authorization.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  const secret = authorization.slice(7).trim();
  return secret === '' ? undefined : secret;
}

function bearerCheck(
  mode: 'token' | 'password',
  credential: CredentialDigest,
): (headers: IncomingHttpHeaders) => HttpAuthVerdict {
  const matches = credentialCheck(credential);
  const right: HttpAuthVerdict = { ...passed, compared: true };
  const wrong: HttpAuthVerdict = { ...refused('unauthorized', `${mode}_mismatch`), compared: true };
  const missing = refused('unauthorized', `${mode}_missing`);
  return ({ authorization }) => {
    const bearer = bearerSecret(authorization);
    if (bearer === undefined) return missing;
    return matches(bearer) ? right : wrong;
  };
}

function withinScopes(headers: IncomingHttpHeaders, required: Scope): HttpAuthVerdict {
  const granted = grantedScopes(headers);
  return granted === 'all' || hasScope(granted, required) ? passed : missingScope;
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
