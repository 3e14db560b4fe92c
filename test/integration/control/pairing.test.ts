/** Pairing: every reason and its answer, who is approved without asking, who hears of it (protocol.md §11). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import {
  authOf,
  connectDevice,
  createDevice,
  detailsOf,
  type DeviceParams,
  type TestDevice,
} from '../../support/device.js';
import { startFor, startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { within } from '../../support/wait-for.js';

const tui = { id: 'pllan-tui', mode: 'ui', platform: 'linux', deviceFamily: 'Linux' };
const cli = { id: 'cli', mode: 'cli', platform: 'linux' };
const node = { id: 'node-host', mode: 'node', platform: 'linux' };
const operator: DeviceParams = { client: tui, scopes: ['operator.read'], auth: { token: TOKEN } };

let gateway: TestGateway;
let admin: ControlClient;
beforeAll(async () => {
  gateway = await startGateway({
    config: {
      gateway: {
        trustedProxies: ['127.0.0.1'],
        nodes: { pairing: { autoApproveCidrs: ['198.51.100.0/24'] } },
      },
    },
  });
  admin = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

const from = (address: string): { headers: Record<string, string> } => ({
  headers: { 'x-forwarded-for': address },
});
const remote = from('203.0.113.9');

/** Lets the device in on this machine, where nobody is asked. */
async function pair(device: TestDevice, params = operator): Promise<void> {
  const connected = await connectDevice(gateway.wsUrl, device, params);
  expect(connected.answer.ok).toBe(true);
  await connected.close();
}

/** What `device.pair.list` says of the device. */
async function listed(
  kind: 'pending' | 'paired',
  device: TestDevice,
): Promise<Readonly<Record<string, unknown>>[]> {
  const { payload = {} } = await admin.call('device.pair.list');
  const rows = payload[kind] as Readonly<Record<string, unknown>>[];
  return rows.filter(({ deviceId }) => deviceId === device.id);
}

describe('a paired device that wants more has to be approved again', () => {
  it.each<[string, string, DeviceParams]>([
    [
      'role-upgrade',
      'device is asking for a higher role than currently approved',
      { client: tui, role: 'node', auth: { token: TOKEN } },
    ],
    [
      'scope-upgrade',
      'device is asking for more scopes than currently approved',
      { ...operator, scopes: ['operator.write'] },
    ],
    [
      'metadata-upgrade',
      'device identity changed and must be re-approved',
      { ...operator, client: { ...tui, platform: 'darwin' } },
    ],
    [
      'metadata-upgrade',
      'device identity changed and must be re-approved',
      { ...operator, client: { ...tui, deviceFamily: 'Mac' } },
    ],
  ])('%s: %s', async (reason, text, params) => {
    const device = createDevice();
    await pair(device);
    const asked = await connectDevice(gateway.wsUrl, device, params, remote);
    const { requestId } = detailsOf(asked) as { requestId: string };
    expect(asked.answer.error).toEqual({
      code: 'NOT_PAIRED',
      message: `pairing required: ${text}`,
      details: {
        code: 'PAIRING_REQUIRED',
        reason,
        requestId,
        remediationHint: `Approve this device from the gateway host: pllan devices approve ${requestId}`,
        deviceId: device.id,
        requestedRole: params.role ?? 'operator',
        requestedScopes: params.scopes ?? [],
        approvedRoles: ['operator'],
        approvedScopes: ['operator.read'],
      },
    });
    expect(await within('close', asked.closed)).toEqual({
      code: 1008,
      reason: Buffer.from(`pairing required: ${text} (requestId: ${requestId})`)
        .subarray(0, 120)
        .toString('utf8'),
    });
    expect(await admin.call('device.pair.approve', { requestId })).toMatchObject({ ok: true });
    const entered = await connectDevice(gateway.wsUrl, device, params, remote);
    expect(entered.answer.ok).toBe(true);
    await entered.close();
  });

  it('but not for scopes that are implied by what it has', async () => {
    const device = createDevice();
    await pair(device, { ...operator, scopes: ['operator.write'] });
    const entered = await connectDevice(gateway.wsUrl, device, operator, remote);
    expect(entered.answer.ok).toBe(true);
    await entered.close();
  });
});

describe('without asking anybody', () => {
  const from127 = {};
  const page = { headers: { origin: 'http://localhost:5173' } };
  const webchat = { id: 'webchat', mode: 'webchat', platform: 'web' };

  it.each<[string, DeviceParams, object, string]>([
    ['a local client with the secret', operator, from127, 'silent'],
    ['a local page that is a web chat', { ...operator, client: webchat }, page, 'silent'],
    [
      'a node from a trusted network',
      { client: node, role: 'node', auth: { token: TOKEN } },
      from('198.51.100.7'),
      'trusted-cidr',
    ],
  ])('%s is approved', async (_who, params, how, via) => {
    const device = createDevice();
    const connected = await connectDevice(gateway.wsUrl, device, params, how);
    expect(authOf(connected)).toMatchObject({ deviceToken: expect.any(String) });
    expect(await listed('paired', device)).toMatchObject([{ approvedVia: via }]);
    await connected.close();
  });

  it.each<[string, DeviceParams, object]>([
    ['a local page that says it is something else', operator, page],
    ['a client that only seems local: there is a proxy', operator, from('127.0.0.1')],
    ['a client by another name of this machine', operator, { headers: { host: 'gateway.example' } }],
    ['a node from another network', { client: node, role: 'node', auth: { token: TOKEN } }, remote],
    [
      'a node from a trusted network that wants scopes',
      { client: node, role: 'node', scopes: ['operator.read'], auth: { token: TOKEN } },
      from('198.51.100.7'),
    ],
    ['an operator from a trusted network', { ...operator, scopes: [] }, from('198.51.100.7')],
  ])('%s is not', async (_who, params, how) => {
    const connected = await connectDevice(gateway.wsUrl, createDevice(), params, how);
    expect(detailsOf(connected)).toMatchObject({ code: 'PAIRING_REQUIRED', reason: 'not-paired' });
  });

  it.each<[string, DeviceParams]>([
    ['another role', { client: tui, role: 'node', auth: { token: TOKEN } }],
    ['more scopes', { ...operator, scopes: ['operator.admin'] }],
  ])('a local device gets %s', async (_what, params) => {
    const device = createDevice();
    await pair(device);
    await pair(device, params);
  });

  it.each([
    [cli, true],
    [{ ...tui, id: 'openclaw-macos' }, true],
    [tui, false],
  ])('a local device that moved to another platform: %j %s', async (client, approved) => {
    const device = createDevice();
    await pair(device, { ...operator, client });
    const moved = await connectDevice(gateway.wsUrl, device, {
      ...operator,
      client: { ...client, platform: 'win32' },
    });
    expect(moved.answer.ok).toBe(approved);
    if (!approved) expect(detailsOf(moved)).toMatchObject({ reason: 'metadata-upgrade' });
    await moved.close();
  });

  it('a local backend connects without being paired at all', async () => {
    const device = createDevice();
    const client = { id: 'gateway-client', mode: 'backend', platform: 'linux' };
    const connected = await connectDevice(gateway.wsUrl, device, { ...operator, client });
    expect(authOf(connected)).toEqual({
      method: 'token',
      role: 'operator',
      scopes: ['operator.read'],
    });
    expect(await listed('paired', device)).toEqual([]);
    await connected.close();
  });

  it('nobody is, with autoApproveLocal false', async (test) => {
    const careful = await startFor(test, {
      config: { gateway: { nodes: { pairing: { autoApproveLocal: false } } } },
    });
    const connected = await connectDevice(careful.wsUrl, createDevice(), operator);
    expect(detailsOf(connected)).toMatchObject({ code: 'PAIRING_REQUIRED', reason: 'not-paired' });
  });

  it('in auth mode none: local clients, and Control UIs from anywhere, which need no pairing', async (test) => {
    const open = await startFor(test, {
      config: { gateway: { auth: { mode: 'none' }, controlUi: { allowedOrigins: ['https://ui.example'] } } },
    });
    const { auth: _none, ...params } = operator;
    const local = await connectDevice(open.wsUrl, createDevice(), params);
    expect(authOf(local)).toMatchObject({ method: 'none', deviceToken: expect.any(String) });
    const elsewhere = await connectDevice(open.wsUrl, createDevice(), params, remote);
    expect(detailsOf(elsewhere)).toMatchObject({ code: 'PAIRING_REQUIRED' });
    const ui = await connectDevice(
      open.wsUrl,
      createDevice(),
      { ...params, client: { ...tui, id: 'pllan-control-ui' } },
      { headers: { ...remote.headers, origin: 'https://ui.example' } },
    );
    expect(authOf(ui)).toEqual({ method: 'none', role: 'operator', scopes: ['operator.read'] });
    await Promise.all([local.close(), ui.close()]);
  });
});

describe('a request for approval', () => {
  const about =
    (event: string, requestId: unknown) =>
    (frame: Frame): boolean =>
      frame.event === event && frame.payload?.requestId === requestId;

  it('is one for each device, and grows with what it asks for', async () => {
    const device = createDevice();
    const first = await connectDevice(gateway.wsUrl, device, operator, remote);
    const { requestId } = detailsOf(first) as { requestId: string };
    const more = { client: tui, role: 'node', scopes: ['operator.pairing'], auth: { token: TOKEN } };
    const second = await connectDevice(gateway.wsUrl, device, more, remote);
    expect(detailsOf(second)).toMatchObject({ requestId, requestedRole: 'node' });
    expect(await listed('pending', device)).toMatchObject([
      { requestId, roles: ['operator', 'node'], scopes: ['operator.read', 'operator.pairing'] },
    ]);
  });

  it('and its end are told to whoever may pair, and to nobody else', async () => {
    const connect = (scopes: readonly string[]): Promise<ControlClient> =>
      connectControl(gateway.wsUrl, { params: { client: { ...cli, version: '1' }, scopes } });
    const [keeper, writer] = await Promise.all([
      connect(['operator.pairing']),
      connect(['operator.write', 'operator.approvals']),
    ]);
    const device = createDevice();
    const asked = await connectDevice(gateway.wsUrl, device, operator, remote);
    const { requestId } = detailsOf(asked);
    for (const client of [admin, keeper]) {
      const { payload, seq } = await client.frame('request', about('device.pair.requested', requestId));
      expect(seq).toEqual(expect.any(Number));
      expect(payload).toEqual({
        requestId,
        deviceId: device.id,
        publicKey: device.publicKey,
        platform: 'linux',
        deviceFamily: 'Linux',
        clientId: tui.id,
        clientMode: tui.mode,
        remoteIp: '203.0.113.9',
        role: 'operator',
        roles: ['operator'],
        scopes: ['operator.read'],
        isRepair: false,
        ts: expect.any(Number),
      });
    }
    expect(await admin.call('device.pair.reject', { requestId })).toMatchObject({ ok: true });
    for (const client of [admin, keeper]) {
      const { payload } = await client.frame('end', about('device.pair.resolved', requestId));
      expect(payload).toEqual({
        requestId,
        deviceId: device.id,
        decision: 'rejected',
        ts: expect.any(Number),
      });
    }
    await writer.call('health');
    expect(writer.frames.filter(({ event }) => event?.startsWith('device.'))).toEqual([]);
    await Promise.all([keeper.close(), writer.close()]);
  });

  it('of a Control UI says that it may go on asking, of others it does not', async () => {
    const client = { ...tui, id: 'pllan-control-ui' };
    const how = { headers: { ...remote.headers, origin: 'http://192.168.1.5:1', host: '192.168.1.5:1' } };
    const ui = await connectDevice(gateway.wsUrl, createDevice(), { ...operator, client }, how);
    const waits = { recommendedNextStep: 'wait_then_retry', retryable: true, pauseReconnect: false };
    expect(detailsOf(ui)).toMatchObject(waits);
    const other = await connectDevice(gateway.wsUrl, createDevice(), operator, remote);
    for (const key of Object.keys(waits)) expect(detailsOf(other)).not.toHaveProperty(key);
  });
});
