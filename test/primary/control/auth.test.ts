import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createFailedAuthLimiter } from '../../../src/primary/auth/failed-auth-limiter.js';
import { createAuthenticator, type AuthVerdict } from '../../../src/primary/control/auth.js';
import { digestCredential } from '../../../src/shared/auth/credential.js';

it('guesses side by side, that might also be a device’s token, cannot all pass the limiter', async () => {
  const rateLimit = { maxAttempts: 3, windowMs: 60_000, lockoutMs: 60_000, exemptLoopback: true };
  const authenticate = createAuthenticator({
    policy: { mode: 'token', credential: digestCredential('right') },
    limiter: createFailedAuthLimiter(
      () => rateLimit,
      () => 0,
    ),
    devices: {
      async checkToken() {
        await nextTurn(); // a store that is asked takes its time
        return 'device_token_mismatch';
      },
    },
  });
  const remote = {
    address: '203.0.113.9',
    peer: '203.0.113.9',
    proxy: 'none',
    directLoopback: false,
    headers: {},
  } as const;
  const guess = (token: string): Promise<AuthVerdict> =>
    authenticate({ auth: { token }, remote, role: 'operator', scopes: [], deviceId: token });
  const verdicts = await Promise.all([
    ...Array.from({ length: 11 }, (_, n) => guess(`${n}`)),
    guess('right'),
  ]);
  expect(verdicts.map((verdict) => (verdict.ok ? verdict.method : verdict.reason))).toEqual([
    ...Array.from({ length: 3 }, () => 'token_mismatch'),
    ...Array.from({ length: 9 }, () => 'rate_limited'),
  ]);
});
