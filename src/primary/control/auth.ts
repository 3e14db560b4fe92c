/** Checks the credentials of a `connect` (protocol.md §9). */
import { credentialCheck, type CredentialDigest } from '../../shared/auth/credential.js';
import { isBrowserClient } from '../../shared/protocol/constants.js';
import type { ConnectParams, ErrorShape } from '../../shared/protocol/frames.js';

export type ControlAuth =
  | { readonly mode: 'none' }
  | { readonly mode: 'token' | 'password'; readonly credential: CredentialDigest };

export type AuthReason =
  | 'token_missing'
  | 'token_mismatch'
  | 'password_missing'
  | 'password_mismatch'
  | 'device_token_mismatch'
  | 'bootstrap_token_invalid';

export type AuthVerdict =
  | { readonly ok: true; readonly method: 'none' | 'token' | 'password' }
  | { readonly ok: false; readonly reason: AuthReason };

export type Authenticator = (auth: ConnectParams['auth']) => AuthVerdict;

export function createAuthenticator(policy: ControlAuth): Authenticator {
  if (policy.mode === 'none') return () => ({ ok: true, method: 'none' });
  const { mode } = policy;
  const matches = credentialCheck(policy.credential);
  return (auth) => {
    const candidate = mode === 'token' ? (auth?.token ?? auth?.password) : (auth?.password ?? auth?.token);
    if (candidate && matches(candidate)) return { ok: true, method: mode };
    // A device or bootstrap token needs a verified device, and there is none.
    if (auth?.deviceToken) return { ok: false, reason: 'device_token_mismatch' };
    if (auth?.bootstrapToken) return { ok: false, reason: 'bootstrap_token_invalid' };
    return { ok: false, reason: candidate ? `${mode}_mismatch` : `${mode}_missing` };
  };
}

/** Who asks decides which hint helps (protocol.md §9.4). */
export interface AuthAsker {
  readonly clientId: string;
  readonly directLoopback: boolean;
}

const steps: Readonly<Record<AuthReason, { readonly code: string; readonly next: string }>> = {
  token_missing: { code: 'AUTH_TOKEN_MISSING', next: 'update_auth_configuration' },
  token_mismatch: { code: 'AUTH_TOKEN_MISMATCH', next: 'update_auth_credentials' },
  password_missing: { code: 'AUTH_PASSWORD_MISSING', next: 'update_auth_configuration' },
  password_mismatch: { code: 'AUTH_PASSWORD_MISMATCH', next: 'update_auth_credentials' },
  device_token_mismatch: { code: 'AUTH_DEVICE_TOKEN_MISMATCH', next: 'review_auth_configuration' },
  bootstrap_token_invalid: { code: 'AUTH_BOOTSTRAP_TOKEN_INVALID', next: 'review_auth_configuration' },
};

/** The error that tells a client why, and what to do about it. */
export function authError(reason: AuthReason, asker: AuthAsker): ErrorShape {
  const { code, next } = steps[reason];
  return {
    code: 'INVALID_REQUEST',
    message: `unauthorized: ${explain(reason, asker)}`,
    details: { code, authReason: reason, canRetryWithDeviceToken: false, recommendedNextStep: next },
  };
}

function explain(reason: AuthReason, asker: AuthAsker): string {
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
    case 'bootstrap_token_invalid':
      return 'bootstrap token invalid or expired (ask for a new one on the gateway host)';
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
