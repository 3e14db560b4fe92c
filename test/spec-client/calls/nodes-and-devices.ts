/** Nodes and devices. */
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { expect } from 'vitest';
import { eventShapes } from '../event-shapes.js';
import { anything, moment, text } from '../primitives.js';
import * as shapes from '../shapes.js';
import { expectOk, expectShape, ok, type Calls } from './call.js';

export const nodeAndDeviceCalls: Calls = {
  'node.list': async ({ client, nodeId }) => {
    const list = v.looseObject({ ts: moment, nodes: v.array(shapes.NodeRow) });
    const { nodes } = await expectOk(client, 'node.list', {}, list);
    expect(nodes).toEqual(expect.arrayContaining([expect.objectContaining({ nodeId, connected: true })]));
  },
  'node.describe': async ({ client, nodeId }) => {
    const row = v.looseObject({ ts: moment, ...shapes.NodeRow.entries });
    await expectOk(client, 'node.describe', { nodeId }, row);
    const missing = await client.call('node.describe', { nodeId: 'nobody' });
    expect(missing).toMatchObject({ ok: false, error: { message: 'unknown nodeId' } });
  },
  'node.rename': async ({ client, nodeId }) => {
    const renamed = v.looseObject({ nodeId: v.literal(nodeId), displayName: v.literal('Camera') });
    await expectOk(client, 'node.rename', { nodeId, displayName: 'Camera' }, renamed);
  },
  'node.invoke': async ({ client, node, nodeId }) => {
    const invoked = client.call('node.invoke', {
      nodeId,
      command: 'camera.snap',
      params: { zoom: 2 },
      idempotencyKey: randomUUID(),
    });
    const { payload } = await node.event(({ event }) => event === 'node.invoke.request');
    const request = expectShape(eventShapes['node.invoke.request'] as v.GenericSchema, payload, 'invoke') as {
      readonly id: string;
      readonly paramsJSON: string;
    };
    expect(JSON.parse(request.paramsJSON)).toEqual({ zoom: 2 });
    const result = { id: request.id, nodeId, ok: true, payload: { taken: true } };
    await expectOk(node, 'node.invoke.result', result, ok);
    expect(await node.call('node.invoke.result', result)).toMatchObject({
      ok: true,
      payload: { ok: true, ignored: true },
    });
    expect(await invoked).toMatchObject({
      ok: true,
      payload: { ok: true, nodeId, command: 'camera.snap', payload: { taken: true } },
    });
    const refused = await client.call('node.invoke', {
      nodeId,
      command: 'launch',
      idempotencyKey: randomUUID(),
    });
    expect(refused).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
    expect(refused.ok ? '' : refused.error.message).toMatch(/^node command not allowed: /);
  },
  // Called by the node in the middle of `node.invoke`.
  'node.invoke.result': async ({ node, nodeId }) => {
    const late = { id: randomUUID(), nodeId, ok: false, error: { code: 'X', message: 'too late' } };
    await expectOk(
      node,
      'node.invoke.result',
      late,
      v.looseObject({ ...ok.entries, ignored: v.literal(true) }),
    );
  },
  'node.event': async ({ node }) =>
    void (await expectOk(node, 'node.event', { event: 'button', payload: { pressed: true } }, ok)),
  'node.pair.list': async ({ client }) => {
    const list = v.looseObject({ pending: v.array(anything), paired: v.array(anything) });
    await expectOk(client, 'node.pair.list', {}, list);
  },
  'node.pair.approve': async ({ client, requestNodePairing }) => {
    const requestId = await requestNodePairing();
    const approved = v.looseObject({ requestId: v.literal(requestId), node: anything });
    await expectOk(client, 'node.pair.approve', { requestId }, approved);
  },
  'node.pair.reject': async ({ client, requestNodePairing }) => {
    const requestId = await requestNodePairing();
    const rejected = v.looseObject({ requestId: v.literal(requestId), nodeId: text });
    await expectOk(client, 'node.pair.reject', { requestId }, rejected);
  },
  'node.pair.remove': async ({ client, nodeId }) =>
    void (await expectOk(
      client,
      'node.pair.remove',
      { nodeId },
      v.looseObject({ nodeId: v.literal(nodeId) }),
    )),
  'device.pair.list': async ({ client, spareDeviceId }) => {
    const { paired } = await expectOk(client, 'device.pair.list', {}, shapes.DeviceList);
    const spare = (paired as { readonly deviceId: string }[]).find(
      ({ deviceId }) => deviceId === spareDeviceId,
    );
    expect(spare).toMatchObject({ tokens: [expect.objectContaining({ role: 'operator' })] });
  },
  'device.pair.approve': async ({ client, requestPairing }) => {
    const requestId = await requestPairing();
    const approved = v.looseObject({
      requestId: v.literal(requestId),
      device: v.looseObject({ deviceId: text }),
    });
    await expectOk(client, 'device.pair.approve', { requestId }, approved);
    const event = await client.event(({ event: name }) => name === 'device.pair.resolved');
    expect(event.payload).toMatchObject({ decision: 'approved' });
    const again = await client.call('device.pair.approve', { requestId });
    expect(again).toMatchObject({ ok: false, error: { message: 'unknown requestId' } });
  },
  'device.pair.reject': async ({ client, requestPairing }) => {
    const requestId = await requestPairing();
    const rejected = v.looseObject({ requestId: v.literal(requestId), deviceId: text });
    await expectOk(client, 'device.pair.reject', { requestId }, rejected);
  },
  'device.pair.rename': async ({ client, spareDeviceId: deviceId }) => {
    const renamed = v.looseObject({ deviceId: v.literal(deviceId), label: v.literal('Desk') });
    await expectOk(client, 'device.pair.rename', { deviceId, label: 'Desk' }, renamed);
  },
  'device.token.rotate': async ({ client, spareDeviceId: deviceId }) => {
    const { token } = await expectOk(
      client,
      'device.token.rotate',
      { deviceId, role: 'operator' },
      shapes.Rotated,
    );
    expect(token).toBeTypeOf('string');
  },
  'device.token.revoke': async ({ client, spareDeviceId: deviceId }) => {
    const revoked = v.looseObject({
      deviceId: v.literal(deviceId),
      role: v.literal('operator'),
      revokedAtMs: moment,
    });
    await expectOk(client, 'device.token.revoke', { deviceId, role: 'operator' }, revoked);
  },
  'device.pair.remove': async ({ client, spareDeviceId: deviceId }) =>
    void (await expectOk(
      client,
      'device.pair.remove',
      { deviceId },
      v.looseObject({ deviceId: v.literal(deviceId) }),
    )),
};
