/** Who asks, as far as idempotency keys are concerned: each caller has keys of its own. */
import type { HttpAuthPolicy } from '../../shared/auth/http-auth.js';
import type { Exchange } from './exchange.js';

/** Whom a credential stands for: the proxy's user, or whoever has the one secret that there is. */
export function callerOf({ request }: Exchange, auth: HttpAuthPolicy): string {
  if (auth.mode !== 'trusted-proxy') return auth.mode;
  return `${auth.mode}:${String(request.headers[auth.proxy.userHeader.toLowerCase()] ?? '')}`;
}
