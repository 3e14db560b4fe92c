/**
 * Every advertised method, called by a client that knows the protocol's text and nothing else: as version 3 and 4, with a
 * device of its own and without.
 */
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDevice, type TestDevice } from '../support/device.js';
import { startGateway, TOKEN, type TestGateway } from '../support/gateway.js';
import { calls, unadvertised } from './calls/all.js';
import { expectShape, type Story } from './calls/call.js';
import { connect, type ConnectOptions, type SpecClient } from './client.js';
import { eventShapes } from './event-shapes.js';
import { Hello } from './shapes.js';

const scopes = [
  'operator.admin',
  'operator.read',
  'operator.write',
  'operator.approvals',
  'operator.pairing',
];
const cli = { id: 'cli', version: '9.9.9', platform: 'Linux', mode: 'cli', displayName: 'Spec' };
/** A proxy's header: who comes with it is not local, and has to be approved. */
const fromAfar = { 'x-forwarded-for': '203.0.113.9' };

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const as = (options: Partial<ConnectOptions>): Promise<SpecClient> =>
  connect(gateway.wsUrl, { client: cli, protocol: 4, token: TOKEN, scopes, ...options });

const nodeOptions = (protocol: number, device: TestDevice): Partial<ConnectOptions> => ({
  protocol,
  device,
  role: 'node',
  scopes: [],
  client: { id: 'node-host', version: '9.9.9', platform: 'linux', mode: 'node' },
  caps: ['camera'],
  commands: ['camera.snap'],
});

/** The id of the request that a device from afar leaves behind. */
async function pairingRequest(options: Partial<ConnectOptions>): Promise<string> {
  const { hello } = await as({ ...options, headers: fromAfar });
  expect(hello).toMatchObject({ ok: false, error: { code: 'NOT_PAIRED' } });
  const { details } = (hello as { readonly error: { readonly details: Record<string, unknown> } }).error;
  expect(details).toMatchObject({ code: 'PAIRING_REQUIRED', reason: 'not-paired' });
  return String(details.requestId);
}

interface Variant {
  readonly protocol: number;
  readonly withDevice: boolean;
}

describe.each<Variant>([
  { protocol: 3, withDevice: false },
  { protocol: 3, withDevice: true },
  { protocol: 4, withDevice: false },
  { protocol: 4, withDevice: true },
])('protocol $protocol, with a device: $withDevice', ({ protocol, withDevice }) => {
  let story: Story;
  let hello: v.InferOutput<typeof Hello>;

  beforeAll(async () => {
    const device = withDevice ? createDevice() : undefined;
    const client = await as({ protocol, caps: ['tool-events'], ...(device ? { device } : {}) });
    expect(client.hello).toMatchObject({ ok: true });
    hello = expectShape(Hello, client.hello.payload, 'hello-ok') as typeof hello;
    const nodeDevice = createDevice();
    const node = await as(nodeOptions(protocol, nodeDevice));
    expect(node.hello).toMatchObject({ ok: true });
    const spare = createDevice();
    await (await as({ protocol, device: spare })).close();
    story = {
      client,
      node,
      nodeId: nodeDevice.id,
      spareDeviceId: spare.id,
      requestPairing: () => pairingRequest({ protocol, device: createDevice() }),
      requestNodePairing: () => pairingRequest(nodeOptions(protocol, createDevice())),
      key: `agent:main:spec-${randomUUID()}`,
      runId: '',
    };
  });
  afterAll(async () => {
    await Promise.all([story.client.close(), story.node.close()]);
  });

  it('is greeted with what was asked for', () => {
    expect(hello.protocol).toBe(protocol);
    expect(hello.auth.role).toBe('operator');
    expect([...hello.auth.scopes].toSorted()).toEqual([...scopes].toSorted());
    expect(hello.auth.deviceToken !== undefined).toBe(withDevice);
  });

  it('is told of methods and events that are all known, and of all that there should be', () => {
    const named = Object.keys(calls).filter((name) => !unadvertised.has(name));
    expect([...hello.features.methods].toSorted()).toEqual(named.toSorted());
    expect([...hello.features.events].toSorted()).toEqual(Object.keys(eventShapes).toSorted());
  });

  it.each(Object.keys(calls))('%s', async (method) => {
    await calls[method]?.(story);
    expect(story.client.complaints).toEqual([]);
    expect(story.node.complaints).toEqual([]);
  });

  it('has seen only events that have their shape', () => {
    const { events } = story.client;
    expect(new Set(events.map(({ event }) => event))).toEqual(
      new Set([
        'connect.challenge',
        'presence',
        'agent',
        'chat',
        'config.changed',
        'sessions.changed',
        'session.message',
        'cron',
        ...events.filter(({ event }) => ['health', 'tick'].includes(event)).map(({ event }) => event),
        ...Object.keys(eventShapes).filter((name) => /^(?:device|node)\.pair\.|^exec\.approval\./.test(name)),
      ]),
    );
    for (const { event, payload } of [...events, ...story.node.events])
      expectShape(eventShapes[event] ?? v.never(), payload, event);
  });

  it('keeps its connection when it calls what does not exist, or calls it badly', async () => {
    expect(await story.client.call('talk.start', {})).toMatchObject({
      ok: false,
      error: { code: 'INVALID_REQUEST', message: 'unknown method: talk.start' },
    });
    const node = await as(nodeOptions(protocol, createDevice()));
    for (const method of Object.keys(calls)) {
      const caller = ['node.invoke.result', 'node.event'].includes(method) ? node : story.client;
      const answer = await caller.call(method, []);
      expect([method, answer.ok], JSON.stringify(answer)).toEqual([method, false]);
      expect(answer).toMatchObject({ error: { code: 'INVALID_REQUEST' } });
    }
    expect([story.client.closed, node.closed]).toEqual([false, false]);
    expect(await story.client.call('health')).toMatchObject({ ok: true });
    await node.close();
  });
});
