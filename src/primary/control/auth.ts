/**
 * Checks the credentials of a `connect` (protocol.md §9, §10):
 *
 *   shared secret, or the proxy's word ──ok──▶ in
 *      └── no ──▶ device token (of a verified device) ──ok──▶ in
 *                     └── no, or none ──▶ one failure counted, the answer held back, refused
 *                             └── user of Tailscale Serve, where that is allowed ──▶ in
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { authClient, type AuthClient } from '../../shared/auth/auth-client.js';
import type { AuthPolicy } from '../../shared/auth/auth-policy.js';
import { credentialCheck, type CredentialDigest } from '../../shared/auth/credential.js';
import { grantedScopes } from '../../shared/auth/scope-header.js';
import { trustedProxyCheck } from '../../shared/auth/trusted-proxy.js';
import { createKeyedQueue } from '../../shared/keyed-queue.js';
import type { ConnectParams } from '../../shared/protocol/frames.js';
import { unreachable } from '../../shared/unreachable.js';
import type { AuthKind, FailedAuthLimiter } from '../auth/failed-auth-limiter.js';
import type { TailscaleCheck } from '../auth/tailscale-identity.js';
import type { DeviceRegistry } from '../devices/device-registry.js';
import type { AuthReason } from './auth-errors.js';
import type { Remote } from './connection.js';

export type AuthMethod = 'none' | 'token' | 'password' | 'trusted-proxy' | 'tailscale' | 'device-token';

export interface Authenticated {
  readonly ok: true;
  readonly method: AuthMethod;
  /** What it may be granted at most. */
  readonly scopes: ReadonlySet<string> | 'all';
}

export type AuthVerdict =
  | Authenticated
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
  readonly policy: AuthPolicy;
  readonly limiter: FailedAuthLimiter;
  readonly devices: Pick<DeviceRegistry, 'checkToken'>;
}

/** Outcome of one of the checks; `untried` when there was nothing to compare. */
type Check =
  | { readonly outcome: 'ok'; readonly verdict: Authenticated }
  | { readonly outcome: 'failed' | 'untried'; readonly reason: AuthReason }
  | { readonly outcome: 'locked'; readonly retryAfterMs: number };

type SharedCheck = (attempt: AuthAttempt, client: AuthClient) => Check;

/** What was found, and by how long the answer is held back. */
interface Judgement {
  readonly delayMs: number;
  readonly verdict: AuthVerdict;
}

export function createAuthenticator({ policy, limiter, devices }: AuthenticatorOptions): Authenticator {
  if (policy.mode === 'none') return async () => accepted('none');
  const checkShared = sharedCheck(policy, limiter);
  const queue = createKeyedQueue();

  const checkDeviceToken = async (
    { deviceId = '', role, scopes }: AuthAttempt,
    token: string,
    client: AuthClient,
  ): Promise<Check> => {
    const retryAfterMs = limiter.lockedFor('device-token', client);
    if (retryAfterMs > 0) return { outcome: 'locked', retryAfterMs };
    const reason = await devices.checkToken(deviceId, role, token, scopes);
    if (reason !== 'ok') return { outcome: 'failed', reason };
    return { outcome: 'ok', verdict: accepted('device-token') };
  };

  /** There are none yet, so none is right. */
  const checkBootstrapToken = (client: AuthClient): Refused => {
    const retryAfterMs = limiter.lockedFor('bootstrap-token', client);
    if (retryAfterMs > 0) return { outcome: 'locked', retryAfterMs };
    return { outcome: 'failed', reason: 'bootstrap_token_invalid' };
  };

  const judge = async (
    attempt: AuthAttempt,
    client: AuthClient,
    deviceToken: string | undefined,
  ): Promise<Judgement> => {
    const { auth } = attempt;
    const shared = checkShared(attempt, client);
    if (shared.outcome === 'ok') {
      if (shared.verdict.method !== 'trusted-proxy') limiter.succeeded('shared-secret', client);
      return { delayMs: 0, verdict: shared.verdict };
    }
    const device = deviceToken ? await checkDeviceToken(attempt, deviceToken, client) : undefined;
    if (device?.outcome === 'ok') {
      limiter.succeeded('device-token', client);
      return { delayMs: 0, verdict: device.verdict };
    }
    const bootstrap =
      auth?.bootstrapToken && shared.outcome === 'untried' ? checkBootstrapToken(client) : undefined;

    const failed: AuthKind[] = [];
    if (shared.outcome === 'failed') failed.push('shared-secret');
    // A shared token that was also tried as a device's is one guess, not two.
    if (device?.outcome === 'failed' && (auth?.deviceToken || shared.outcome !== 'failed'))
      failed.push('device-token');
    if (bootstrap?.outcome === 'failed') failed.push('bootstrap-token');
    const delays = failed.map((kind) => limiter.failed(kind, client));
    return {
      delayMs: Math.max(0, ...delays),
      verdict: refusal(attempt, told(attempt, { shared, device, bootstrap })),
    };
  };

  return async (attempt) => {
    const { auth, remote, deviceId } = attempt;
    const client = authClient(remote, remote.headers.origin);
    const token = deviceId === undefined ? undefined : (auth?.deviceToken ?? auth?.token);
    // One after another per client: guesses side by side must not all pass the limiter before one is counted.
    const { delayMs, verdict } = token
      ? await queue.run(client.key, () => judge(attempt, client, token))
      : await judge(attempt, client, undefined);
    if (delayMs > 0) await sleep(delayMs);
    return verdict;
  };
}

/** An authenticator whose policy may be replaced. */
export interface ReplaceableAuthenticator {
  readonly authenticate: Authenticator;
  usePolicy(policy: AuthPolicy): void;
}

export function createReplaceableAuthenticator(options: AuthenticatorOptions): ReplaceableAuthenticator {
  let current = createAuthenticator(options);
  return {
    async authenticate(attempt) {
      let judge: Authenticator;
      let verdict: AuthVerdict;
      // Who was let in by a secret that counts no more meanwhile is asked again.
      do {
        judge = current;
        verdict = await judge(attempt);
      } while (verdict.ok && judge !== current);
      return verdict;
    },
    usePolicy: (policy) => void (current = createAuthenticator({ ...options, policy })),
  };
}

/** Lets users of Tailscale Serve in whom the others refuse: so a guess counts also for somebody who needs none. */
export function orTailscaleUser(
  authenticate: Authenticator,
  check: TailscaleCheck,
  isAllowed: () => boolean,
): Authenticator {
  return async (attempt) => {
    const verdict = await authenticate(attempt);
    if (verdict.ok || !isAllowed()) return verdict;
    const user = await check(attempt.remote);
    if (user === 'ok') return accepted('tailscale');
    const hadNothing = verdict.reason === 'token_missing' || verdict.reason === 'password_missing';
    return hadNothing && user ? { ...verdict, reason: user } : verdict;
  };
}

/** Tells why each of those is refused that are. */
export function countingFailures(
  authenticate: Authenticator,
  failed: (reason: AuthReason) => void,
): Authenticator {
  return async (attempt) => {
    const verdict = await authenticate(attempt);
    if (!verdict.ok) failed(verdict.reason);
    return verdict;
  };
}

/** What the mode demands of everyone. */
function sharedCheck(
  policy: Exclude<AuthPolicy, { readonly mode: 'none' }>,
  limiter: FailedAuthLimiter,
): SharedCheck {
  switch (policy.mode) {
    case 'token':
    case 'password':
      return secretCheck(policy.mode, policy.credential, limiter);
    case 'trusted-proxy': {
      const refusedFor = trustedProxyCheck(policy.proxy);
      const checkPassword = policy.localPassword && secretCheck('password', policy.localPassword, limiter);
      return (attempt, client) => {
        const { remote } = attempt;
        const reason = refusedFor(remote);
        if (reason === undefined)
          return { outcome: 'ok', verdict: accepted('trusted-proxy', grantedScopes(remote.headers)) };
        const local = checkPassword && remote.directLoopback ? checkPassword(attempt, client) : undefined;
        return local && local.outcome !== 'untried' ? local : { outcome: 'untried', reason };
      };
    }
    default:
      return unreachable(policy);
  }
}

function secretCheck(
  mode: 'token' | 'password',
  credential: CredentialDigest,
  limiter: FailedAuthLimiter,
): SharedCheck {
  const matches = credentialCheck(credential);
  return ({ auth }, client) => {
    const candidate = mode === 'token' ? (auth?.token ?? auth?.password) : (auth?.password ?? auth?.token);
    if (!candidate) return { outcome: 'untried', reason: `${mode}_missing` };
    const retryAfterMs = limiter.lockedFor('shared-secret', client);
    if (retryAfterMs > 0) return { outcome: 'locked', retryAfterMs };
    if (!matches(candidate)) return { outcome: 'failed', reason: `${mode}_mismatch` };
    return { outcome: 'ok', verdict: accepted(mode) };
  };
}

function accepted(method: AuthMethod, scopes: Authenticated['scopes'] = 'all'): Authenticated {
  return { ok: true, method, scopes };
}

type Refused = Exclude<Check, { readonly outcome: 'ok' }>;

/** Which of the checks is told of: that of what the client sent on purpose (protocol.md §9.2). */
function told(
  { auth }: AuthAttempt,
  checks: {
    readonly shared: Refused;
    readonly device: Refused | undefined;
    readonly bootstrap: Refused | undefined;
  },
): Refused {
  const { shared, device, bootstrap } = checks;
  if (auth?.deviceToken) {
    if (device) return device;
    // Without a verified device it could not even be tried.
    if (shared.outcome !== 'locked') return { outcome: 'untried', reason: 'device_token_mismatch' };
  }
  return bootstrap ?? shared;
}

function refusal({ auth, deviceId }: AuthAttempt, check: Refused): AuthVerdict {
  if (check.outcome === 'locked') {
    const { retryAfterMs } = check;
    return { ok: false, reason: 'rate_limited', retryAfterMs, mayUseDeviceToken: false };
  }
  const { reason } = check;
  const mayUseDeviceToken =
    reason === 'token_mismatch' && deviceId !== undefined && Boolean(auth?.token) && !auth?.deviceToken;
  return { ok: false, reason, mayUseDeviceToken };
}
