/**
 * Checks the credentials of a `connect` (protocol.md §9, §10):
 *
 *   shared secret ──ok──▶ in
 *      └── no ──▶ device token (of a verified device) ──ok──▶ in
 *                     └── no, or none ──▶ one failure counted, the answer held back, refused
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { credentialCheck, type CredentialDigest } from '../../shared/auth/credential.js';
import { createKeyedQueue } from '../../shared/keyed-queue.js';
import type { ConnectParams } from '../../shared/protocol/frames.js';
import { authClient, type AuthClient, type FailedAuthLimiter } from '../auth/failed-auth-limiter.js';
import type { DeviceRegistry } from '../devices/device-registry.js';
import type { AuthReason } from './auth-errors.js';
import type { Remote } from './connection.js';

export type ControlAuth =
  | { readonly mode: 'none' }
  | { readonly mode: 'token' | 'password'; readonly credential: CredentialDigest };

export type AuthMethod = 'none' | 'token' | 'password' | 'device-token';

export type AuthVerdict =
  | { readonly ok: true; readonly method: AuthMethod }
  | {
      readonly ok: false;
      readonly reason: AuthReason;
      /** Of `rate_limited`. */
      readonly retryAfterMs?: number;
      /** The device may have a token of its own that still works. */
      readonly mayUseDeviceToken: boolean;
    };

export interface AuthAttempt {
  readonly auth: ConnectParams['auth'];
  readonly remote: Remote;
  readonly role: string;
  readonly scopes: readonly string[];
  /** Its signature has been verified. */
  readonly deviceId: string | undefined;
}

export type Authenticator = (attempt: AuthAttempt) => Promise<AuthVerdict>;

export interface AuthenticatorOptions {
  readonly policy: ControlAuth;
  readonly limiter: FailedAuthLimiter;
  readonly devices: Pick<DeviceRegistry, 'checkToken'>;
}

/** Outcome of one of the checks; `untried` when there was nothing to compare. */
type Check =
  | { readonly outcome: 'ok' }
  | { readonly outcome: 'failed' | 'untried'; readonly reason: AuthReason }
  | { readonly outcome: 'locked'; readonly retryAfterMs: number };

export function createAuthenticator({ policy, limiter, devices }: AuthenticatorOptions): Authenticator {
  if (policy.mode === 'none') return async () => ({ ok: true, method: 'none' });
  const { mode } = policy;
  const matches = credentialCheck(policy.credential);
  const queue = createKeyedQueue();

  const checkSecret = (auth: ConnectParams['auth'], client: AuthClient): Check => {
    const candidate = mode === 'token' ? (auth?.token ?? auth?.password) : (auth?.password ?? auth?.token);
    if (!candidate) return { outcome: 'untried', reason: `${mode}_missing` };
    const retryAfterMs = limiter.lockedFor('shared-secret', client);
    if (retryAfterMs > 0) return { outcome: 'locked', retryAfterMs };
    return matches(candidate) ? { outcome: 'ok' } : { outcome: 'failed', reason: `${mode}_mismatch` };
  };

  const checkDeviceToken = async (
    attempt: AuthAttempt,
    token: string,
    client: AuthClient,
  ): Promise<Check> => {
    const retryAfterMs = limiter.lockedFor('device-token', client);
    if (retryAfterMs > 0) return { outcome: 'locked', retryAfterMs };
    const { deviceId = '', role, scopes } = attempt;
    const reason = await devices.checkToken(deviceId, role, token, scopes);
    return reason === 'ok' ? { outcome: 'ok' } : { outcome: 'failed', reason };
  };

  /** Counts what was compared and did not match; gives what to answer, and after how long. */
  const refuse = (
    attempt: AuthAttempt,
    client: AuthClient,
    secret: Check,
    device: Check | undefined,
  ): Refusal => {
    const { auth, deviceId } = attempt;
    let delayMs = 0;
    if (secret.outcome === 'failed') delayMs = limiter.failed('shared-secret', client);
    // A shared token that was also tried as a device's is one guess, not two.
    if (device?.outcome === 'failed' && auth?.deviceToken)
      delayMs = Math.max(delayMs, limiter.failed('device-token', client));
    const told = device && auth?.deviceToken ? device : secret;
    if (told.outcome === 'locked') {
      const { retryAfterMs } = told;
      return {
        delayMs,
        verdict: { ok: false, reason: 'rate_limited', retryAfterMs, mayUseDeviceToken: false },
      };
    }
    const reason = told.outcome === 'ok' ? 'token_mismatch' : withoutDeviceReason(told.reason, attempt);
    const mayUseDeviceToken =
      reason === 'token_mismatch' && deviceId !== undefined && Boolean(auth?.token) && !auth?.deviceToken;
    return { delayMs, verdict: { ok: false, reason, mayUseDeviceToken } };
  };

  return async (attempt) => {
    const { auth, remote, deviceId } = attempt;
    const client = authClient(remote.address, remote.headers.origin);
    const secret = checkSecret(auth, client);
    if (secret.outcome === 'ok') {
      limiter.succeeded('shared-secret', client);
      return { ok: true, method: mode };
    }
    const token = deviceId === undefined ? undefined : (auth?.deviceToken ?? auth?.token);
    let refusal: Refusal | undefined;
    if (!token) refusal = refuse(attempt, client, secret, undefined);
    else {
      // One after another per client: guesses side by side must not all pass the limiter before one is counted.
      refusal = await queue.run(client.key, async () => {
        const device = await checkDeviceToken(attempt, token, client);
        return device.outcome === 'ok' ? undefined : refuse(attempt, client, secret, device);
      });
    }
    if (!refusal) {
      limiter.succeeded('device-token', client);
      return { ok: true, method: 'device-token' };
    }
    if (refusal.delayMs > 0) await sleep(refusal.delayMs);
    return refusal.verdict;
  };
}

interface Refusal {
  readonly delayMs: number;
  readonly verdict: AuthVerdict;
}

/** A device or bootstrap token that could not be tried, since it needs a verified device, is what is told of. */
function withoutDeviceReason(reason: AuthReason, { auth, deviceId }: AuthAttempt): AuthReason {
  if (deviceId === undefined && auth?.deviceToken) return 'device_token_mismatch';
  if (auth?.bootstrapToken) return 'bootstrap_token_invalid';
  return reason;
}
