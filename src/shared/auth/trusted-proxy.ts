/** Auth mode `trusted-proxy` (protocol.md §9.1, http.md §14): a proxy has checked who it is and says so in a header. */
import { isLoopbackAddress, networkList, type DirectRequest } from './address.js';

export interface TrustedProxyPolicy {
  /** Addresses and CIDR blocks. */
  readonly trustedProxies: readonly string[];
  /** The header in which the proxy names the user. */
  readonly userHeader: string;
  /** Headers that must be there as well. */
  readonly requiredHeaders: readonly string[];
  /** Everybody whom the proxy lets through, when empty. */
  readonly allowUsers: readonly string[];
  /** A proxy on this machine is believed too, although any local process could pretend to be it. */
  readonly allowLoopback: boolean;
}

export type TrustedProxyReason =
  | 'trusted_proxy_no_proxies_configured'
  | 'trusted_proxy_untrusted_source'
  | 'trusted_proxy_loopback_source'
  | `trusted_proxy_missing_header_${string}`
  | 'trusted_proxy_user_missing'
  | 'trusted_proxy_user_not_allowed';

/** Undefined when the request comes from a trusted proxy and names a user who may use the gateway. */
export type TrustedProxyCheck = (request: DirectRequest) => TrustedProxyReason | undefined;

/** Builds the check once per policy. */
export function trustedProxyCheck(policy: TrustedProxyPolicy): TrustedProxyCheck {
  const isTrusted = networkList(policy.trustedProxies);
  const userHeader = policy.userHeader.toLowerCase();
  return ({ peer, headers }) => {
    if (policy.trustedProxies.length === 0) return 'trusted_proxy_no_proxies_configured';
    if (!isTrusted(peer)) return 'trusted_proxy_untrusted_source';
    if (isLoopbackAddress(peer) && !policy.allowLoopback) return 'trusted_proxy_loopback_source';
    const missing = policy.requiredHeaders.find((name) => valueOf(headers, name.toLowerCase()) === '');
    if (missing !== undefined) return `trusted_proxy_missing_header_${missing}`;
    const user = valueOf(headers, userHeader);
    if (user === '') return 'trusted_proxy_user_missing';
    const { allowUsers } = policy;
    if (allowUsers.length > 0 && !allowUsers.includes(user)) return 'trusted_proxy_user_not_allowed';
    return undefined;
  };
}

/** A header that was sent twice names nobody in particular: Node joins its values, and no single name equals that. */
function valueOf(headers: DirectRequest['headers'], name: string): string {
  return String(headers[name] ?? '').trim();
}
