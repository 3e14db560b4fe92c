/** What a client is told when its credentials do not do (protocol.md §9.4). */
import type { TrustedProxyReason } from '../../shared/auth/trusted-proxy.js';
import { isBrowserClient } from '../../shared/protocol/constants.js';
import type { ErrorShape } from '../../shared/protocol/frames.js';

export type AuthReason = keyof typeof known | TrustedProxyReason;

const known = {
  token_missing: { code: 'AUTH_TOKEN_MISSING', next: 'update_auth_configuration' },
  token_mismatch: { code: 'AUTH_TOKEN_MISMATCH', next: 'update_auth_credentials' },
  password_missing: { code: 'AUTH_PASSWORD_MISSING', next: 'update_auth_configuration' },
  password_mismatch: { code: 'AUTH_PASSWORD_MISMATCH', next: 'update_auth_credentials' },
  device_token_mismatch: { code: 'AUTH_DEVICE_TOKEN_MISMATCH', next: 'review_auth_configuration' },
  scope_mismatch: { code: 'AUTH_SCOPE_MISMATCH', next: 'review_auth_configuration' },
  bootstrap_token_invalid: { code: 'AUTH_BOOTSTRAP_TOKEN_INVALID', next: 'review_auth_configuration' },
  tailscale_user_missing: { code: 'AUTH_TAILSCALE_IDENTITY_MISSING', next: 'review_auth_configuration' },
  tailscale_proxy_missing: { code: 'AUTH_TAILSCALE_PROXY_MISSING', next: 'review_auth_configuration' },
  tailscale_whois_failed: { code: 'AUTH_TAILSCALE_WHOIS_FAILED', next: 'review_auth_configuration' },
  tailscale_user_mismatch: { code: 'AUTH_TAILSCALE_IDENTITY_MISMATCH', next: 'review_auth_configuration' },
  rate_limited: { code: 'AUTH_RATE_LIMITED', next: 'wait_then_retry' },
} as const;

/** Who asks decides which hint helps. */
export interface AuthAsker {
  readonly clientId: string;
  readonly directLoopback: boolean;
}

export interface AuthFailure {
  readonly reason: AuthReason;
  readonly retryAfterMs?: number;
  readonly mayUseDeviceToken: boolean;
}

/** The error that tells a client why, and what to do about it. */
export function authError(
  { reason, retryAfterMs, mayUseDeviceToken }: AuthFailure,
  asker: AuthAsker,
): ErrorShape {
  const { code, next } = isKnown(reason) ? known[reason] : proxyRefusal(reason);
  return {
    code: 'INVALID_REQUEST',
    message: isKnown(reason) ? `unauthorized: ${explain(reason, asker)}` : 'unauthorized',
    details: {
      code,
      authReason: reason,
      canRetryWithDeviceToken: mayUseDeviceToken,
      recommendedNextStep: mayUseDeviceToken ? 'retry_with_device_token' : next,
    },
    ...(retryAfterMs === undefined ? {} : { retryable: true, retryAfterMs }),
  };
}

function isKnown(reason: AuthReason): reason is keyof typeof known {
  return Object.hasOwn(known, reason);
}

/** These have no text of their own. */
function proxyRefusal(reason: TrustedProxyReason): { readonly code: string; readonly next: string } {
  const header = reason.startsWith('trusted_proxy_missing_header_');
  return {
    code: header ? 'AUTH_IDENTITY_HEADER_REQUIRED' : 'AUTH_UNAUTHORIZED',
    next: 'review_auth_configuration',
  };
}

function explain(reason: keyof typeof known, asker: AuthAsker): string {
  switch (reason) {
    case 'token_missing':
      return `gateway token missing (${tokenHint(asker)})`;
    case 'token_mismatch':
      return `gateway token mismatch (${tokenHint(asker)})`;
    case 'password_missing':
      return `gateway password missing (${passwordHint(asker)})`;
    case 'password_mismatch':
      return `gateway password mismatch (${passwordHint(asker)})`;
    case 'device_token_mismatch':
      return 'device token mismatch (rotate/reissue device token)';
    case 'scope_mismatch':
      return 'device token scope mismatch (re-pair or approve scope upgrade)';
    case 'bootstrap_token_invalid':
      return 'bootstrap token invalid or expired (ask for a new one on the gateway host)';
    case 'tailscale_user_missing':
      return 'tailscale identity missing (connect as a user of the tailnet, or provide gateway auth)';
    case 'tailscale_proxy_missing':
      return 'tailscale identity without proxy headers (connect through Tailscale Serve, or provide gateway auth)';
    case 'tailscale_whois_failed':
      return 'tailscale identity could not be checked (run `tailscale whois` on the gateway host, or provide gateway auth)';
    case 'tailscale_user_mismatch':
      return 'tailscale identity mismatch (connect through Tailscale Serve, or provide gateway auth)';
    case 'rate_limited':
      return 'too many failed authentication attempts (retry later)';
  }
}

function tokenHint({ clientId, directLoopback }: AuthAsker): string {
  if (clientId === 'cli') {
    return directLoopback
      ? "use this gateway's gateway.auth.token or pair the device"
      : 'set gateway.remote.token to match gateway.auth.token';
  }
  if (isBrowserClient(clientId)) return 'open the dashboard URL and paste the token in Control UI settings';
  return 'provide gateway auth token';
}

function passwordHint({ clientId }: AuthAsker): string {
  if (clientId === 'cli') return 'set gateway.remote.password to match gateway.auth.password';
  if (isBrowserClient(clientId)) return 'enter the password in Control UI settings';
  return 'provide gateway auth password';
}
