/** Device identity, pairing and device tokens, as clients see them (protocol.md §8, §11). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import {
  authOf,
  connectDevice,
  createDevice,
  detailsOf,
  type DeviceParams,
  type TestDevice,
} from '../../support/device.js';
import { startGateway, temporaryDir, TOKEN, type TestGateway } from '../../support/gateway.js';
import { within } from '../../support/wait-for.js';

const tui = { id: 'openclaw-tui', mode: 'ui', platform: 'linux', deviceFamily: 'Linux' } as const;
const operator: DeviceParams = { client: tui, scopes: ['operator.read'], auth: { token: TOKEN } };
/** The way of a connection that is not from this machine. */
const remote = { 'x-forwarded-for': '203.0.113.9' };

let gateway: TestGateway;
let admin: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  admin = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

/** A device that has a token of its own. */
async function pairedDevice(): Promise<{ readonly device: TestDevice; readonly deviceToken: string }> {
  const device = createDevice();
  const paired = await connectDevice(gateway.wsUrl, device, operator);
  await paired.close();
  return { device, deviceToken: authOf(paired).deviceToken as string };
}

describe('a device on this machine that knows the secret', () => {
  it.each([
    [3, 'v3'],
    [4, 'v3'],
    [4, 'v2'],
  ] as const)('is let in at once as protocol %i, signed as %s', async (protocol, version) => {
    const connected = await connectDevice(gateway.wsUrl, createDevice(), operator, { protocol, version });
    expect(connected.answer).toMatchObject({ ok: true, payload: { protocol } });
    expect(authOf(connected)).toEqual({
      method: 'token',
      role: 'operator',
      scopes: ['operator.read'],
      deviceToken: expect.stringMatching(/^[\w-]{43}$/),
      issuedAtMs: expect.any(Number),
    });
    expect(await connected.call('status')).toMatchObject({ ok: true });
    await connected.close();
  });

  it('may be a Control UI', async () => {
    const client = { id: 'openclaw-control-ui', mode: 'ui', platform: 'MacIntel' };
    const connected = await connectDevice(
      gateway.wsUrl,
      createDevice(),
      { ...operator, client },
      {
        headers: { origin: 'http://localhost:5173' },
      },
    );
    expect(connected.answer.ok).toBe(true);
    await connected.close();
  });

  it('comes back with its own token alone, within its scopes', async () => {
    const device = createDevice();
    const first = await connectDevice(gateway.wsUrl, device, operator);
    const deviceToken = authOf(first).deviceToken as string;
    for (const auth of [{ deviceToken }, { token: deviceToken }]) {
      const again = await connectDevice(gateway.wsUrl, device, { ...operator, auth });
      expect(authOf(again)).toMatchObject({ method: 'device-token', scopes: ['operator.read'], deviceToken });
      await again.close();
    }
    await first.close();
  });

  it('AUTH_SCOPE_MISMATCH scope_mismatch: its own token does not do for more than its scopes', async () => {
    const { device, deviceToken } = await pairedDevice();
    const greedy = await connectDevice(gateway.wsUrl, device, {
      ...operator,
      scopes: ['operator.admin'],
      auth: { deviceToken },
    });
    const message = 'unauthorized: device token scope mismatch (re-pair or approve scope upgrade)';
    expect(greedy.answer.error).toEqual({
      code: 'INVALID_REQUEST',
      message,
      details: {
        code: 'AUTH_SCOPE_MISMATCH',
        authReason: 'scope_mismatch',
        canRetryWithDeviceToken: false,
        recommendedNextStep: 'review_auth_configuration',
      },
    });
    expect(await within('close', greedy.closed)).toEqual({ code: 1008, reason: message });
  });

  it('AUTH_DEVICE_TOKEN_MISMATCH device_token_mismatch: a token does not do for another device', async () => {
    const { deviceToken } = await pairedDevice();
    const stolen = await connectDevice(gateway.wsUrl, createDevice(), { ...operator, auth: { deviceToken } });
    expect(detailsOf(stolen)).toEqual({
      code: 'AUTH_DEVICE_TOKEN_MISMATCH',
      authReason: 'device_token_mismatch',
      canRetryWithDeviceToken: false,
      recommendedNextStep: 'review_auth_configuration',
    });
  });

  it('AUTH_TOKEN_MISMATCH token_mismatch: with a wrong secret is told that its own token may still do', async () => {
    const connected = await connectDevice(gateway.wsUrl, createDevice(), {
      ...operator,
      auth: { token: 'wrong' },
    });
    expect(connected.answer.error?.message).toBe(
      'unauthorized: gateway token mismatch (provide gateway auth token)',
    );
    expect(detailsOf(connected)).toEqual({
      code: 'AUTH_TOKEN_MISMATCH',
      authReason: 'token_mismatch',
      canRetryWithDeviceToken: true,
      recommendedNextStep: 'retry_with_device_token',
    });
    expect((await within('close', connected.closed)).code).toBe(1008);
  });
});

describe('an identity that does not hold', () => {
  it.each([
    ['id', { id: 'f'.repeat(64) }, 'device identity mismatch', 'DEVICE_ID_MISMATCH', 'device-id-mismatch'],
    ['time', { signedAt: 1 }, 'device signature expired', 'SIGNATURE_EXPIRED', 'device-signature-stale'],
    [
      'missing nonce',
      { nonce: undefined },
      'device nonce required',
      'NONCE_REQUIRED',
      'device-nonce-missing',
    ],
    ['nonce', { nonce: 'other' }, 'device nonce mismatch', 'NONCE_MISMATCH', 'device-nonce-mismatch'],
    ['signature', { signature: 'AAAA' }, 'device signature invalid', 'SIGNATURE_INVALID', 'device-signature'],
    ['key', { publicKey: 'AAAA' }, 'device public key invalid', 'PUBLIC_KEY_INVALID', 'device-public-key'],
  ])(
    'its %s: %j, refused as %j DEVICE_AUTH_%s %s, whatever its secret',
    async (_what, change, message, code, reason) => {
      for (const auth of [{ token: TOKEN }, { token: 'wrong' }]) {
        const connected = await connectDevice(
          gateway.wsUrl,
          createDevice(),
          { ...operator, auth },
          { change },
        );
        expect(connected.answer.error).toEqual({
          code: 'INVALID_REQUEST',
          message,
          details: { code: `DEVICE_AUTH_${code}`, reason },
        });
        expect(await within('close', connected.closed)).toEqual({ code: 1008, reason: message });
      }
    },
  );
});

describe('a device from elsewhere', () => {
  it('not-paired: waits for approval, is told so, and is let in afterwards', async () => {
    const device = createDevice();
    const waiting = await connectDevice(gateway.wsUrl, device, operator, { headers: remote });
    const { requestId } = detailsOf(waiting) as { requestId: string };
    expect(waiting.answer.error).toEqual({
      code: 'NOT_PAIRED',
      message: 'pairing required: device is not approved yet',
      details: {
        code: 'PAIRING_REQUIRED',
        reason: 'not-paired',
        requestId,
        remediationHint: `Approve this device from the gateway host: pllan devices approve ${requestId}`,
        deviceId: device.id,
        requestedRole: 'operator',
        requestedScopes: ['operator.read'],
        approvedRoles: [],
        approvedScopes: [],
      },
    });
    expect(await within('close', waiting.closed)).toEqual({
      code: 1008,
      reason: `pairing required: device is not approved yet (requestId: ${requestId})`,
    });
    const requested = await admin.frame(
      'request',
      ({ event, payload }) => event === 'device.pair.requested' && payload?.requestId === requestId,
    );
    expect(requested.payload).toMatchObject({
      deviceId: device.id,
      publicKey: device.publicKey,
      clientId: tui.id,
    });
    const listed = await admin.call('device.pair.list');
    expect(listed.payload?.pending).toContainEqual(requested.payload);

    const approved = await admin.call('device.pair.approve', { requestId });
    expect(approved).toMatchObject({
      ok: true,
      payload: { requestId, device: { deviceId: device.id, approvedVia: 'owner' } },
    });
    const resolved = await admin.frame(
      'resolution',
      ({ event, payload }) => event === 'device.pair.resolved' && payload?.requestId === requestId,
    );
    expect(resolved.payload).toEqual({
      requestId,
      deviceId: device.id,
      decision: 'approved',
      ts: expect.any(Number),
    });

    const entered = await connectDevice(gateway.wsUrl, device, operator, { headers: remote });
    expect(authOf(entered)).toMatchObject({ scopes: ['operator.read'], deviceToken: expect.any(String) });
    const more = await connectDevice(
      gateway.wsUrl,
      device,
      { ...operator, scopes: ['operator.write'] },
      { headers: remote },
    );
    expect(detailsOf(more)).toMatchObject({
      reason: 'scope-upgrade',
      approvedRoles: ['operator'],
      approvedScopes: ['operator.read'],
    });
    const moved = await connectDevice(
      gateway.wsUrl,
      device,
      { ...operator, client: { ...tui, platform: 'darwin' } },
      { headers: remote },
    );
    expect(detailsOf(moved)).toMatchObject({ reason: 'metadata-upgrade' });
    expect(detailsOf(moved)).not.toHaveProperty('pauseReconnect');
    await entered.close();
  });

  it('keeps its request while it asks again, until it is rejected', async () => {
    const device = createDevice();
    const ask = async (): Promise<string> =>
      detailsOf(await connectDevice(gateway.wsUrl, device, operator, { headers: remote }))
        .requestId as string;
    const first = await ask();
    expect(await ask()).toBe(first);
    expect(await admin.call('device.pair.reject', { requestId: first })).toMatchObject({
      payload: { requestId: first, deviceId: device.id },
    });
    expect(await ask()).not.toBe(first);
    expect(await admin.call('device.pair.approve', { requestId: first })).toMatchObject({
      error: { code: 'INVALID_REQUEST', message: 'unknown requestId' },
    });
  });

  it('a Control UI is told to go on asking', async () => {
    const client = { id: 'pllan-control-ui', mode: 'ui', platform: 'web' };
    const waiting = await connectDevice(
      gateway.wsUrl,
      createDevice(),
      { ...operator, client },
      {
        headers: { ...remote, origin: 'http://localhost:1' },
      },
    );
    expect(detailsOf(waiting)).toMatchObject({
      recommendedNextStep: 'wait_then_retry',
      retryable: true,
      pauseReconnect: false,
    });
  });
});

describe('a node', () => {
  it('needs a device, gets few events, and may call nothing of an operator’s', async () => {
    const client = { id: 'node-host', mode: 'node', platform: 'linux' };
    const device = createDevice();
    const connected = await connectDevice(gateway.wsUrl, device, {
      client,
      role: 'node',
      auth: { token: TOKEN },
    });
    expect(authOf(connected)).toMatchObject({ role: 'node', scopes: [] });
    const seen = (): boolean => connected.frames.some(({ event }) => event === 'presence');
    for (let call = 0; call <= 10; call += 1) {
      expect(await connected.call('health')).toMatchObject({
        error: { code: 'INVALID_REQUEST', message: 'unauthorized role: node' },
      });
    }
    expect(await within('close', connected.closed)).toEqual({
      code: 1008,
      reason: 'repeated unauthorized calls',
    });
    expect(seen()).toBe(false);
    const { payload } = await admin.call('system-presence');
    expect(payload).toContainEqual(expect.objectContaining({ deviceId: device.id, roles: ['node'] }));
  });
});

it('devices and their tokens outlive a restart', async () => {
  const stateDir = temporaryDir();
  const before = await startGateway({ stateDir });
  const device = createDevice();
  const first = await connectDevice(before.wsUrl, device, operator);
  const deviceToken = authOf(first).deviceToken as string;
  await before.stop();
  const after = await startGateway({ stateDir });
  const again = await connectDevice(after.wsUrl, device, { ...operator, auth: { deviceToken } });
  expect(authOf(again)).toMatchObject({ method: 'device-token', deviceToken });
  await again.close();
  await after.stop();
});
