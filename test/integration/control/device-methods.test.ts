/** `device.pair.*` and `device.token.*` (methods.md §10). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { authOf, connectDevice, createDevice, type DeviceParams } from '../../support/device.js';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { within } from '../../support/wait-for.js';

const tui = { id: 'openclaw-tui', mode: 'ui', platform: 'linux', deviceFamily: 'Linux' } as const;
const operator: DeviceParams = { client: tui, scopes: ['operator.read'], auth: { token: TOKEN } };

let gateway: TestGateway;
let admin: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  admin = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

describe('device methods', () => {
  const pairing: DeviceParams = { ...operator, scopes: ['operator.read', 'operator.pairing'] };

  it('lists tokens without their values', async () => {
    const device = createDevice();
    const connected = await connectDevice(gateway.wsUrl, device, operator);
    const { payload } = await admin.call('device.pair.list');
    const row = (payload as { paired: Record<string, unknown>[] }).paired.find(
      ({ deviceId }) => deviceId === device.id,
    );
    expect(row).toMatchObject({ roles: ['operator'], approvedVia: 'silent', platform: 'linux' });
    expect(row?.tokens).toEqual([
      { role: 'operator', scopes: ['operator.read'], createdAtMs: expect.any(Number) },
    ]);
    expect(JSON.stringify(payload)).not.toContain(authOf(connected).deviceToken);
    await connected.close();
  });

  it.each([
    ['device.pair.remove', {}, 'device-removed'],
    ['device.token.revoke', { role: 'operator' }, 'device-token-revoked'],
    ['device.token.rotate', { role: 'operator' }, 'device-token-rotated'],
  ])('%s ends the device’s connections', async (method, params, reason) => {
    const device = createDevice();
    const connected = await connectDevice(gateway.wsUrl, device, operator);
    const other = await connectDevice(gateway.wsUrl, createDevice(), operator);
    expect(await admin.call(method, { deviceId: device.id, ...params })).toMatchObject({ ok: true });
    expect(await within('close', connected.closed)).toEqual({
      code: 4001,
      reason: `client invalidated: ${reason}`,
    });
    expect(await other.call('health')).toMatchObject({ ok: true });
    await other.close();
  });

  it('a device may rotate its own token, hears of it, and manages no other', async () => {
    const [own, other] = [createDevice(), createDevice()];
    const stranger = await connectDevice(gateway.wsUrl, other, operator);
    const connected = await connectDevice(gateway.wsUrl, own, pairing);
    for (const method of [
      'device.pair.remove',
      'device.token.revoke',
      'device.token.rotate',
      'device.pair.rename',
    ]) {
      const params = {
        deviceId: other.id,
        ...(method.includes('token') ? { role: 'operator' } : {}),
        ...(method.includes('rename') ? { label: 'x' } : {}),
      };
      expect(await connected.call(method, params)).toMatchObject({
        ok: false,
        error: { code: 'INVALID_REQUEST' },
      });
    }
    const { payload } = await connected.call('device.pair.list');
    expect(payload?.paired).toMatchObject([{ deviceId: own.id }]);
    const rotated = await connected.call('device.token.rotate', { deviceId: own.id, role: 'operator' });
    expect(rotated.payload).toMatchObject({
      deviceId: own.id,
      role: 'operator',
      token: expect.any(String),
      scopes: ['operator.pairing', 'operator.read'],
    });
    expect((await within('close', connected.closed)).code).toBe(4001);
    const again = await connectDevice(gateway.wsUrl, own, {
      ...pairing,
      auth: { deviceToken: rotated.payload?.token as string },
    });
    expect(again.answer.ok).toBe(true);
    await Promise.all([again.close(), stranger.close()]);
  });

  it('who comes without a device, with the gateway’s own secret, manages all but hears no tokens', async () => {
    const device = createDevice();
    const connected = await connectDevice(gateway.wsUrl, device, operator);
    const caller = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.pairing'] } });
    const { payload } = await caller.call('device.pair.list');
    expect(payload?.paired).toContainEqual(expect.objectContaining({ deviceId: device.id }));
    expect(await caller.call('device.pair.rename', { deviceId: device.id, label: 'x' })).toMatchObject({
      ok: true,
    });
    const waiting = await connectDevice(gateway.wsUrl, createDevice(), operator, {
      headers: { 'x-forwarded-for': '203.0.113.9' },
    });
    const { requestId } = waiting.answer.error?.details ?? {};
    expect(await caller.call('device.pair.approve', { requestId })).toMatchObject({
      ok: false,
      error: { message: 'device pairing approval denied' },
    });
    const holder = await connectControl(gateway.wsUrl, {
      params: { scopes: ['operator.pairing', 'operator.read'] },
    });
    expect(await holder.call('device.pair.approve', { requestId })).toMatchObject({ ok: true });
    const node = createDevice();
    await connectDevice(gateway.wsUrl, node, {
      client: { id: 'node-host', mode: 'node', platform: 'linux' },
      role: 'node',
      auth: { token: TOKEN },
    });
    const rotated = await caller.call('device.token.rotate', { deviceId: node.id, role: 'node' });
    expect(rotated.payload).toEqual({
      deviceId: node.id,
      role: 'node',
      scopes: [],
      rotatedAtMs: expect.any(Number),
    });
    expect(await caller.call('device.pair.remove', { deviceId: device.id })).toMatchObject({ ok: true });
    expect((await within('close', connected.closed)).code).toBe(4001);
    await Promise.all([caller.close(), holder.close()]);
  });

  it('renames, and names what is missing', async () => {
    const device = createDevice();
    const connected = await connectDevice(gateway.wsUrl, device, operator);
    expect(
      (await admin.call('device.pair.rename', { deviceId: device.id, label: ' my phone ' })).payload,
    ).toEqual({ deviceId: device.id, label: 'my phone' });
    const refused = async (method: string, params: object): Promise<unknown> =>
      (await admin.call(method, params)).error?.message;
    expect(await refused('device.pair.rename', { deviceId: device.id, label: ' ' })).toBe('label required');
    expect(await refused('device.pair.rename', { deviceId: 'x', label: 'y' })).toBe('unknown deviceId');
    expect(await refused('device.pair.remove', { deviceId: 'x' })).toBe('unknown deviceId');
    expect(await refused('device.pair.reject', { requestId: 'x' })).toBe('unknown requestId');
    expect(await refused('device.token.revoke', { deviceId: device.id, role: 'node' })).toBe(
      'unknown deviceId/role',
    );
    expect(await refused('device.token.rotate', { deviceId: device.id, role: 'node' })).toBe(
      'device token rotation denied',
    );
    await connected.close();
  });
});
