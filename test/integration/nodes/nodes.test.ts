/** `node.list`, `.describe`, `.rename` and `node.pair.*` (methods.md §10). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { connectDevice, createDevice } from '../../support/device.js';
import { startFor, startGateway, temporaryDir, TOKEN, type TestGateway } from '../../support/gateway.js';
import { connectNode, type TestNode } from '../../support/node.js';
import { answer, refusal } from '../../support/session-calls.js';
import { waitFor, within } from '../../support/wait-for.js';

/** The way of a connection that is not from this machine. */
const remote = { 'x-forwarded-for': '203.0.113.9' };

let gateway: TestGateway;
let admin: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  admin = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

type Row = Readonly<Record<string, unknown>>;

async function rows(asking: ControlClient = admin): Promise<Row[]> {
  return (await answer(asking, 'node.list', {})).nodes as Row[];
}

const rowOf = async (nodeId: string, asking = admin): Promise<Row | undefined> =>
  (await rows(asking)).find((row) => row.nodeId === nodeId);

/** The row of a node that has gone, once the gateway has noticed. */
const offlineRow = (nodeId: string): Promise<Row> =>
  waitFor('offline', async () => {
    const row = await rowOf(nodeId);
    return row?.connected === false && row;
  });

describe('node.list', () => {
  it('tells what a connected node is and can do, and when it was seen last after it has gone', async () => {
    const before = Date.now();
    const more = { caps: ['camera'], permissions: { camera: true, screen: false } };
    const node = await connectNode(gateway, { displayName: 'Kitchen', commands: ['camera.snap'], more });
    const { nodeId } = node;
    const row = await rowOf(nodeId);
    expect(row).toEqual({
      nodeId,
      displayName: 'Kitchen',
      platform: 'linux',
      version: '1.0.0',
      remoteIp: '127.0.0.1',
      caps: ['camera'],
      commands: ['camera.snap'],
      permissions: { camera: true, screen: false },
      paired: true,
      connected: true,
      connectedAtMs: expect.any(Number),
      lastSeenAtMs: expect.any(Number),
    });
    expect(row?.connectedAtMs).toBeGreaterThanOrEqual(before);
    const described = await answer(admin, 'node.describe', { nodeId });
    expect(described).toEqual({ ...row, ts: expect.any(Number), lastSeenAtMs: described.ts });
    await node.close();
    const offline = await offlineRow(nodeId);
    expect(offline).toEqual({
      nodeId,
      displayName: 'Kitchen',
      platform: 'linux',
      remoteIp: '127.0.0.1',
      caps: [],
      commands: [],
      paired: true,
      connected: false,
      lastSeenAtMs: expect.any(Number),
    });
    expect(await answer(admin, 'node.describe', { nodeId })).toMatchObject(offline);
  });

  it('gives connected ones first, then by name; operators’ devices are none', async (test) => {
    const own = await startFor(test);
    const asking = await connectControl(own.wsUrl);
    const names = ['beta', 'alpha', 'gamma'];
    const nodes: TestNode[] = [];
    for (const displayName of names) nodes.push(await connectNode(own, { displayName }));
    const client = { id: 'openclaw-tui', mode: 'ui', platform: 'linux' };
    await connectDevice(own.wsUrl, createDevice(), { client, auth: { token: TOKEN } });
    await nodes[1]?.close();
    const listed = await waitFor('two connected', async () => {
      const all = await rows(asking);
      return all.filter(({ connected }) => connected).length === 2 && all;
    });
    expect(listed.map(({ displayName }) => displayName)).toEqual(['beta', 'gamma', 'alpha']);
  });

  it('a node with two connections stays connected over the other one', async () => {
    const device = createDevice();
    const first = await connectNode(gateway, { device, commands: ['old'] });
    const second = await connectNode(gateway, { device, commands: ['new'] });
    expect(await rowOf(device.id)).toMatchObject({ commands: ['new'] });
    await second.close();
    await waitFor('the older one', async () => (await rowOf(device.id))?.commands?.toString() === 'old');
    await first.close();
    await offlineRow(device.id);
  });

  it('needs read, and describe names what is missing', async () => {
    const stranger = await connectControl(gateway.wsUrl, { params: { scopes: [] } });
    expect(await refusal(stranger, 'node.list', {})).toBe('FORBIDDEN missing scope: operator.read');
    expect(await refusal(admin, 'node.describe', { nodeId: 'x' })).toBe('INVALID_REQUEST unknown nodeId');
    await stranger.close();
  });
});

it('node.rename names a node, for good', async (test) => {
  const stateDir = temporaryDir();
  const before = await startGateway({ stateDir });
  const { nodeId } = await connectNode(before, { displayName: 'phone' });
  const asking = await connectControl(before.wsUrl);
  expect(await answer(asking, 'node.rename', { nodeId, displayName: ' Kitchen ' })).toEqual({
    nodeId,
    displayName: 'Kitchen',
  });
  expect(await rowOf(nodeId, asking)).toMatchObject({ displayName: 'Kitchen' });
  expect(await refusal(asking, 'node.rename', { nodeId, displayName: ' ' })).toBe(
    'INVALID_REQUEST displayName required',
  );
  expect(await refusal(asking, 'node.rename', { nodeId: 'x', displayName: 'y' })).toBe(
    'INVALID_REQUEST unknown nodeId',
  );
  await before.stop();
  const after = await startFor(test, { stateDir });
  const again = await connectControl(after.wsUrl);
  expect(await rowOf(nodeId, again)).toMatchObject({ displayName: 'Kitchen', connected: false });
});

describe('node.pair', () => {
  const requestOf = ({ answer: { error } }: TestNode): string => String(error?.details?.requestId);

  it('a node from elsewhere is requested, listed, approved and removed', async () => {
    const device = createDevice();
    const waiting = await connectNode(gateway, { device, displayName: 'far', headers: remote });
    const requestId = requestOf(waiting);
    const named = (name: string) =>
      admin.frame(name, ({ event, payload }) => event === name && payload?.requestId === requestId);
    const { payload: requested } = await named('node.pair.requested');
    expect(requested).toMatchObject({ requestId, nodeId: device.id, displayName: 'far', roles: ['node'] });
    const pending = (await answer(admin, 'node.pair.list', {})).pending as Row[];
    expect(pending).toContainEqual(requested);
    const approved = await answer(admin, 'node.pair.approve', { requestId });
    expect(approved).toMatchObject({ requestId, node: { nodeId: device.id, displayName: 'far' } });
    expect((await named('node.pair.resolved')).payload).toEqual({
      requestId,
      nodeId: device.id,
      decision: 'approved',
      ts: expect.any(Number),
    });
    const entered = await connectNode(gateway, { device, displayName: 'far', headers: remote });
    expect(entered.answer.ok).toBe(true);
    const { paired } = await answer(admin, 'node.pair.list', {});
    expect(paired).toContainEqual(expect.objectContaining({ nodeId: device.id, approvedVia: 'owner' }));
    expect(JSON.stringify(paired)).not.toContain(device.publicKey);
    expect(JSON.stringify(paired)).not.toContain('tokens');
    expect(await answer(admin, 'node.pair.remove', { nodeId: device.id })).toEqual({ nodeId: device.id });
    expect(await within('close', entered.closed)).toEqual({
      code: 4001,
      reason: 'client invalidated: device-removed',
    });
    expect(await refusal(admin, 'node.pair.remove', { nodeId: device.id })).toBe(
      'INVALID_REQUEST unknown nodeId',
    );
    expect(await rowOf(device.id)).toBeUndefined();
  });

  it('reject ends a request', async () => {
    const device = createDevice();
    const requestId = requestOf(await connectNode(gateway, { device, headers: remote }));
    expect(await answer(admin, 'node.pair.reject', { requestId })).toEqual({ requestId, nodeId: device.id });
    for (const method of ['node.pair.reject', 'node.pair.approve'])
      expect(await refusal(admin, method, { requestId })).toBe('INVALID_REQUEST unknown requestId');
  });

  it('an operator’s request is none of a node', async () => {
    const client = { id: 'openclaw-tui', mode: 'ui', platform: 'linux' };
    const params = { client, auth: { token: TOKEN } };
    const waiting = await connectDevice(gateway.wsUrl, createDevice(), params, { headers: remote });
    const requestId = String(waiting.answer.error?.details?.requestId);
    expect(JSON.stringify(await answer(admin, 'node.pair.list', {}))).not.toContain(requestId);
    expect(await refusal(admin, 'node.pair.approve', { requestId })).toBe(
      'INVALID_REQUEST unknown requestId',
    );
  });

  it('a device that is an operator too stays one when its node is removed', async () => {
    const device = createDevice();
    const node = await connectNode(gateway, { device });
    const client = { id: 'node-host', mode: 'node', platform: 'linux' };
    const both = await connectDevice(gateway.wsUrl, device, { client, auth: { token: TOKEN } });
    expect(both.answer.ok).toBe(true);
    await answer(admin, 'node.pair.remove', { nodeId: device.id });
    expect((await within('close', node.closed)).code).toBe(4001);
    expect((await both.call('health')).ok).toBe(true);
    const { paired } = await answer(admin, 'device.pair.list', {});
    const left = (paired as Row[]).find(({ deviceId }) => deviceId === device.id);
    expect(left).toMatchObject({ roles: ['operator'], tokens: [{ role: 'operator' }] });
    await both.close();
  });

  it('who is no admin manages no other node', async () => {
    const { nodeId } = await connectNode(gateway);
    const requestId = requestOf(await connectNode(gateway, { headers: remote }));
    const client = { id: 'openclaw-tui', mode: 'ui', platform: 'linux' };
    const scopes = ['operator.pairing'];
    const other = await connectDevice(gateway.wsUrl, createDevice(), {
      client,
      scopes,
      auth: { token: TOKEN },
    });
    for (const method of ['node.pair.approve', 'node.pair.reject'])
      expect(await refusal(other, method, { requestId })).toBe('INVALID_REQUEST node pairing denied');
    expect(await refusal(other, 'node.pair.remove', { nodeId })).toBe('INVALID_REQUEST unknown nodeId');
    expect(await refusal(other, 'node.rename', { nodeId, displayName: 'x' })).toBe(
      'INVALID_REQUEST unknown nodeId',
    );
    expect(await answer(other, 'node.pair.list', {})).toEqual({ pending: [], paired: [] });
    await other.close();
  });
});
