import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDeviceRegistry, type DeviceRegistry } from '../../../src/primary/devices/device-registry.js';
import type { DeviceRequest } from '../../../src/primary/devices/pairing-rules.js';
import { openEmbeddedStore } from '../../../src/primary/store/embedded.js';
import type { Store } from '../../../src/primary/store/store.js';

const request = (change: Partial<DeviceRequest> = {}): DeviceRequest => ({
  deviceId: 'd1',
  publicKey: 'key-1',
  role: 'operator',
  scopes: ['operator.read'],
  client: { id: 'cli', mode: 'cli', platform: 'linux', displayName: 'box' },
  authMethod: 'token',
  remoteIp: '203.0.113.9',
  directLoopback: false,
  fromPage: false,
  ...change,
});
const local = (change: Partial<DeviceRequest> = {}): DeviceRequest =>
  request({ directLoopback: true, remoteIp: '127.0.0.1', ...change });

describe('the device registry', () => {
  let dir: string;
  let store: Store;
  let registry: DeviceRegistry;
  let clock: number;
  let events: unknown[];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'pllan-devices-'));
    store = openEmbeddedStore(dir);
    clock = 1_000_000;
    events = [];
    registry = createDeviceRegistry({
      store,
      policy: () => ({ autoApproveLocal: true, autoApproveCidrs: ['198.51.100.0/24'] }),
      now: () => clock,
      events: {
        requested: ({ deviceId }) => events.push(['requested', deviceId]),
        resolved: ({ deviceId, decision }) => events.push([decision, deviceId]),
        invalidated: (deviceId, reason, role) => events.push([reason, deviceId, role]),
      },
    });
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  });

  const pend = async (change: Partial<DeviceRequest> = {}): Promise<string> => {
    const admission = await registry.admit(request(change));
    if (admission.admitted) throw new Error('was admitted');
    return admission.request.requestId;
  };

  it('takes one role away, and with the last one the device', async () => {
    await registry.admit(local({ role: 'node', scopes: [] }));
    await registry.admit(local());
    expect(await registry.removeRole('d1', 'node')).toMatchObject({ roles: ['node', 'operator'] });
    const left = await registry.paired('d1');
    expect([left?.roles, Object.keys(left?.tokens ?? {})]).toEqual([['operator'], ['operator']]);
    expect(await registry.removeRole('d1', 'node')).toBeUndefined();
    await registry.removeRole('d1', 'operator');
    expect(await registry.paired('d1')).toBeUndefined();
    expect(events).toEqual([
      ['device-removed', 'd1', 'node'],
      ['device-removed', 'd1', 'operator'],
    ]);
  });

  it('notes when a device was there last, to the minute', async () => {
    await registry.admit(local());
    const seen = async (later: number): Promise<number | undefined> => {
      clock += later;
      await registry.seen('d1');
      return (await registry.paired('d1'))?.lastSeenAtMs;
    };
    expect(await seen(59_999)).toBe(1_000_000);
    expect(await seen(1)).toBe(1_060_000);
    await registry.seen('unknown');
  });

  it('asks for a stranger once, and lets it in when it is approved', async () => {
    const requestId = await pend();
    expect(await pend({ scopes: ['operator.write'] })).toBe(requestId);
    expect((await registry.list()).pending).toMatchObject([
      {
        requestId,
        deviceId: 'd1',
        role: 'operator',
        scopes: ['operator.read', 'operator.write'],
        isRepair: false,
      },
    ]);
    expect(await registry.approve(requestId)).toMatchObject({ approvedVia: 'owner', roles: ['operator'] });
    expect(await registry.admit(request())).toMatchObject({
      admitted: true,
      token: { scopes: ['operator.read', 'operator.write'] },
    });
    expect(await registry.approve(requestId)).toBeUndefined();
    expect(events).toEqual([
      ['requested', 'd1'],
      ['requested', 'd1'],
      ['approved', 'd1'],
    ]);
  });

  it('forgets a request that was rejected, or that nobody answered for five minutes', async () => {
    const first = await pend();
    expect(await registry.reject(first)).toMatchObject({ deviceId: 'd1' });
    const second = await pend();
    expect(second).not.toBe(first);
    clock += 300_000;
    expect(await registry.approve(second)).toBeUndefined();
    expect((await registry.list()).pending).toEqual([]);
    expect(await pend()).not.toBe(second);
  });

  it.each([
    ['a local client with the secret', local(), true],
    [
      'a local page of the Control UI',
      local({ fromPage: true, client: { id: 'openclaw-control-ui', mode: 'ui', platform: 'web' } }),
      true,
    ],
    ['another local page', local({ fromPage: true }), false],
    ['a node from a trusted network', request({ role: 'node', scopes: [], remoteIp: '198.51.100.7' }), true],
    ['a node from there that wants scopes', request({ role: 'node', remoteIp: '198.51.100.7' }), false],
    ['an operator from there', request({ scopes: [], remoteIp: '198.51.100.7' }), false],
  ])('approves without asking: %s: %s', async (_who, asked, expected) => {
    expect((await registry.admit(asked)).admitted).toBe(expected);
  });

  describe('with a paired device', () => {
    beforeEach(async () => void (await registry.admit(local())));

    it.each([
      ['another key', request({ publicKey: 'key-2' }), 'not-paired'],
      ['another role', request({ role: 'node' }), 'role-upgrade'],
      ['more scopes', request({ scopes: ['operator.admin'] }), 'scope-upgrade'],
      [
        'another platform',
        request({ client: { id: 'cli', mode: 'cli', platform: 'darwin' } }),
        'metadata-upgrade',
      ],
    ])('%s has to be approved', async (_what, asked, reason) => {
      expect(await registry.admit(asked)).toMatchObject({
        admitted: false,
        reason,
        approved: { roles: ['operator'], approvedScopes: ['operator.read'] },
      });
    });

    it('a local one gains what it asks for, and its token with it', async () => {
      const before = await registry.admit(local());
      const after = await registry.admit(local({ scopes: ['operator.admin'] }));
      if (!before.admitted || !after.admitted) throw new Error('was not admitted');
      expect(after.token.token).toBe(before.token.token);
      expect(after.token.scopes).toEqual(['operator.admin', 'operator.read', 'operator.write']);
    });

    it('a device token does not gain scopes by itself', async () => {
      const asked = local({ scopes: ['operator.admin'], authMethod: 'device-token' });
      expect(await registry.admit(asked)).toMatchObject({ admitted: false, reason: 'scope-upgrade' });
    });

    it('keeps its token over a restart, until it is rotated or revoked', async () => {
      const admitted = await registry.admit(request());
      if (!admitted.admitted) throw new Error('was not admitted');
      const { token } = admitted.token;
      const check = (value: string, scopes: readonly string[] = ['operator.read']) =>
        registry.checkToken('d1', 'operator', value, scopes);
      expect([await check(token), await check(`${token}x`), await check(token, ['operator.write'])]).toEqual([
        'ok',
        'device_token_mismatch',
        'scope_mismatch',
      ]);
      const rotated = await registry.rotate('d1', 'operator');
      expect([await check(token), await check(rotated?.token ?? '')]).toEqual([
        'device_token_mismatch',
        'ok',
      ]);
      await registry.revoke('d1', 'operator');
      expect(await check(rotated?.token ?? '')).toBe('device_token_mismatch');
      const again = await registry.admit(request());
      expect(again).toMatchObject({ admitted: true });
      expect(again.admitted && again.token.token).not.toBe(rotated?.token);
      expect(events).toEqual([
        ['device-token-rotated', 'd1', 'operator'],
        ['device-token-revoked', 'd1', 'operator'],
      ]);
    });

    it('a removed one is a stranger again', async () => {
      expect(await registry.remove('d1')).toMatchObject({ deviceId: 'd1' });
      expect(await registry.admit(request())).toMatchObject({ admitted: false, reason: 'not-paired' });
      expect(events[0]).toEqual(['device-removed', 'd1', undefined]);
    });

    it('says that there is no such device', async () => {
      expect(await registry.remove('nobody')).toBeUndefined();
      expect(await registry.rename('nobody', 'x')).toBeUndefined();
      expect(await registry.rotate('d1', 'node')).toBeUndefined();
      expect(await registry.revoke('d1', 'node')).toBeUndefined();
      expect(await registry.revoke('d1', 'constructor')).toBeUndefined();
      expect(await registry.reject('nothing')).toBeUndefined();
    });
  });

  it('holds no more than 200 requests', async () => {
    for (let n = 0; n < 210; n += 1) {
      clock += 1;
      await registry.admit(request({ deviceId: `d${n}` }));
    }
    const { pending } = await registry.list();
    expect(pending).toHaveLength(200);
    expect(pending[0]?.deviceId).toBe('d209');
  });

  it('concurrent visits of one device leave one request', async () => {
    await Promise.all(Array.from({ length: 10 }, () => registry.admit(request())));
    expect((await registry.list()).pending).toHaveLength(1);
  });
});
