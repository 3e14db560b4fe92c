import { beforeEach, describe, expect, it } from 'vitest';
import { authClient, type AuthClient } from '../../../src/shared/auth/auth-client.js';
import {
  createFailedAuthLimiter,
  type FailedAuthLimiter,
} from '../../../src/primary/auth/failed-auth-limiter.js';

const policy = { maxAttempts: 3, windowMs: 1_000, lockoutMs: 5_000, exemptLoopback: true };
const from = (address: string, origin?: string): AuthClient => authClient({ address, proxy: 'none' }, origin);
const remote = from('203.0.113.9');

describe('the failed-auth limiter', () => {
  let clock: number;
  let limiter: FailedAuthLimiter;
  beforeEach(() => {
    clock = 1_000;
    limiter = createFailedAuthLimiter(
      () => policy,
      () => clock,
    );
  });
  const fail = (client = remote, times = 1): number[] =>
    Array.from({ length: times }, () => limiter.failed('shared-secret', client));
  const locked = (client = remote): number => limiter.lockedFor('shared-secret', client);

  it('locks a client with its last allowed failure, for its time', () => {
    fail(remote, 2);
    expect(locked()).toBe(0);
    expect(fail()).toEqual([0]);
    expect(locked()).toBe(5_000);
    clock += 4_999;
    expect(locked()).toBe(1);
    clock += 1;
    expect(locked()).toBe(0);
    fail(remote, 2);
    expect(locked()).toBe(0);
  });

  it('counts only failures within the window', () => {
    fail(remote, 2);
    clock += 1_000;
    fail(remote, 2);
    expect(locked()).toBe(0);
  });

  it('forgets failures after a success', () => {
    fail(remote, 2);
    limiter.succeeded('shared-secret', remote);
    fail(remote, 2);
    expect(locked()).toBe(0);
  });

  it('keeps kinds and clients apart, and one client under one name', () => {
    fail(remote, 3);
    expect(limiter.lockedFor('device-token', remote)).toBe(0);
    expect(locked(from('203.0.113.10'))).toBe(0);
    expect(locked(from('203.0.113.9', 'https://a.example'))).toBe(5_000);
  });

  it('slows loopback clients instead of locking them', () => {
    const client = from('127.0.0.1');
    expect(fail(client, 3)).toEqual([250, 500, 1_000]);
    expect(locked(client)).toBe(0);
    const many = createFailedAuthLimiter(
      () => ({ ...policy, maxAttempts: 20 }),
      () => clock,
    );
    const delays = Array.from({ length: 20 }, () => many.failed('shared-secret', client));
    expect(delays.at(-1)).toBe(5_000);
  });

  it('locks pages on loopback, each origin for itself', () => {
    const page = from('::1', 'http://evil.example');
    fail(page, 3);
    expect(locked(page)).toBe(5_000);
    expect(locked(from('127.0.0.1', 'http://good.example'))).toBe(0);
    expect(locked(from('127.0.0.1'))).toBe(0);
  });

  it('locks what comes through a proxy on this machine, apart from what is local', () => {
    for (const proxy of ['trusted', 'untrusted'] as const) {
      const proxied = authClient({ address: '127.0.0.1', proxy }, undefined);
      fail(proxied, 3);
      expect(locked(proxied)).toBe(5_000);
      expect(locked(authClient({ address: '127.0.0.1', proxy }, 'http://localhost:1'))).toBe(5_000);
      expect(locked(from('127.0.0.1'))).toBe(0);
    }
  });

  it('locks loopback clients when they are not exempt', () => {
    limiter = createFailedAuthLimiter(
      () => ({ ...policy, exemptLoopback: false }),
      () => clock,
    );
    const client = from('127.0.0.1');
    fail(client, 3);
    expect(locked(client)).toBe(5_000);
  });

  it('remembers ten thousand clients, and then those that failed last', () => {
    for (let n = 0; n < 10_000; n += 1) fail(from(`client-${n}`), 3);
    fail(from('one more'), 3);
    expect(locked(from('client-0'))).toBe(0);
    expect(locked(from('client-1'))).toBe(5_000);
    expect(locked(from('one more'))).toBe(5_000);
  });
});
