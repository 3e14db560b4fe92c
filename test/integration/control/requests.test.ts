/** Requests after the handshake: frames, scopes, params, order and size (protocol.md §2, §7, §15; methods.md §2). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connectControl,
  connectParams,
  inOnePacket,
  openSocket,
  type ControlClient,
  type Frame,
} from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { waitFor, within } from '../../support/wait-for.js';

const MAX_PAYLOAD = 26_214_400;

let gateway: TestGateway;
let admin: ControlClient;
let reduced: ControlClient;

beforeAll(async () => {
  gateway = await startGateway();
  admin = await connectControl(gateway.wsUrl);
  const client = { id: 'pllan-tui', version: '1.0.0', platform: 'linux', mode: 'ui' };
  reduced = await connectControl(gateway.wsUrl, { params: { client } });
});
afterAll(async () => {
  await Promise.all([admin.close(), reduced.close()]);
  await gateway.stop();
});

/** Sends as it is and gives the next answer. */
async function answerTo(client: ControlClient, text: string | Buffer): Promise<Frame> {
  const seen = client.frames.length;
  client.socket.send(text);
  return waitFor('an answer', () => client.frames.slice(seen).find(({ type }) => type === 'res'));
}

describe('a frame that is no request', () => {
  const required =
    "at root: must have required property 'type'; at root: must have required property 'id'; at root: must have required property 'method'";

  it.each([
    ['no JSON', 'nope', 'invalid', 'at root: must be object'],
    [
      'text that is not UTF-8',
      Buffer.from('{"type":"req","id":"\xe9","method":"health"}', 'latin1'),
      'invalid',
      'at root: must be object',
    ],
    ['null', 'null', 'invalid', 'at root: must be object'],
    [
      'lists in lists in lists',
      `{"type":"req","id":"deep","method":"health","params":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      'deep',
      'at root: must have at most 128 levels',
    ],
    ['an array', '[]', 'invalid', required],
    ['an empty object', '{}', 'invalid', required],
    ['without a usable id', '{"type":"req","id":7,"method":"health"}', 'invalid', 'at /id: must be string'],
    ['without a method', '{"type":"req","id":"a","method":""}', 'a', 'at /method: must not be empty'],
    [
      'with more than it may have',
      '{"type":"req","id":"a","method":"health","z":1}',
      'a',
      "at root: unexpected property 'z'",
    ],
    [
      'with an id that is too long to be sent back',
      JSON.stringify({ type: 'req', id: 'i'.repeat(257), method: 'health' }),
      'invalid',
      'at /id: must have at most 256 characters',
    ],
    [
      'with a method that is too long to be one',
      JSON.stringify({ type: 'req', id: 'a', method: 'm'.repeat(100_000) }),
      'a',
      'at /method: must have at most 256 characters',
    ],
    [
      'with a key that is too long to be named',
      JSON.stringify({ type: 'req', id: 'a', method: 'health', ['k'.repeat(100_000)]: 1 }),
      'a',
      `at root: unexpected property '${'k'.repeat(80)}…'`,
    ],
  ])('%s is answered, and the socket stays open', async (_what, text, id, problem) => {
    expect(await answerTo(admin, text)).toEqual({
      type: 'res',
      id,
      ok: false,
      error: { code: 'INVALID_REQUEST', message: `invalid request frame: ${problem}` },
    });
    expect(await admin.call('health')).toMatchObject({ ok: true });
  });
});

describe('a request', () => {
  it('for an unknown method is refused by name to an admin, by scope to everyone else', async () => {
    expect((await admin.call('no.such')).error).toEqual({
      code: 'INVALID_REQUEST',
      message: 'unknown method: no.such',
    });
    expect((await reduced.call('no.such')).error).toEqual({
      code: 'FORBIDDEN',
      message: 'missing scope: operator.admin',
      details: {
        code: 'MISSING_SCOPE',
        missingScope: 'operator.admin',
        requiredScopes: ['operator.admin'],
      },
    });
  });

  it.each(['status', 'system-presence'])(
    '%s needs operator.read, before its params are looked at',
    async (method) => {
      expect((await reduced.call(method, { nope: 1 })).error).toEqual({
        code: 'FORBIDDEN',
        message: 'missing scope: operator.read',
        details: { code: 'MISSING_SCOPE', missingScope: 'operator.read', requiredScopes: ['operator.read'] },
      });
    },
  );

  it('health needs no scope and shows no paths without one', async () => {
    const { ok, payload } = await reduced.call('health');
    expect(ok).toBe(true);
    expect(payload).toMatchObject({ ok: true, sessions: { path: '[redacted]' } });
    expect(JSON.stringify(payload)).not.toContain(gateway.stateDir);
  });

  it('connect is only valid once', async () => {
    const { error } = await admin.call('connect', connectParams());
    expect(error).toEqual({ code: 'INVALID_REQUEST', message: 'connect is only valid as the first request' });
    expect((await reduced.call('connect', connectParams())).error).toEqual(error);
  });

  it.each([
    ['status', { x: 1 }, "at root: unexpected property 'x'"],
    ['status', { includeChannelSummary: 'yes' }, 'at /includeChannelSummary: must be boolean'],
    ['status', 3, 'at root: must be object'],
    ['status', [], 'at root: must be object'],
    ['system-presence', { a: 1, b: 2 }, "at root: unexpected property 'a'"],
    ['health', { probe: 'x' }, 'at /probe: must be boolean'],
  ])('%s with params %j is refused with the place', async (method, params, problem) => {
    const { error } = await admin.call(method, params);
    expect(error).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(error?.message.startsWith(`invalid ${method} params: ${problem}`)).toBe(true);
  });

  it.each([
    ['health', { probe: true, whatever: 1 }],
    ['health', null],
    ['status', { includeChannelSummary: true }],
    ['system-presence', {}],
  ])('%s accepts %j', async (method, params) => {
    expect(await admin.call(method, params)).toMatchObject({ ok: true });
  });

  it('status says what runs', async () => {
    expect((await admin.call('status')).payload).toEqual({
      runtimeVersion: expect.any(String),
      pid: gateway.pid,
      heartbeat: {
        defaultAgentId: 'main',
        agents: [{ agentId: 'main', enabled: true, every: '30m', everyMs: 1_800_000 }],
      },
      channelSummary: [],
      queuedSystemEvents: [],
      sessions: {
        paths: [expect.stringContaining(gateway.stateDir)],
        count: 0,
        defaults: { model: 'echo', contextTokens: 200_000 },
        recent: [],
        byAgent: [{ agentId: 'main', path: expect.stringContaining(gateway.stateDir), count: 0, recent: [] }],
      },
      degradedSecretOwners: [],
    });
  });

  it('health says how the gateway is', async () => {
    expect((await admin.call('health')).payload).toMatchObject({
      ok: true,
      ts: expect.any(Number),
      durationMs: expect.any(Number),
      channels: {},
      channelOrder: [],
      channelLabels: {},
      heartbeatSeconds: expect.any(Number),
      defaultAgentId: 'main',
      agents: [
        {
          agentId: 'main',
          isDefault: true,
          heartbeat: { enabled: true, every: '30m', everyMs: 1_800_000 },
          sessions: { count: 0, recent: [] },
        },
      ],
      configReload: { hotReloadStatus: 'active' },
      sessions: { path: expect.stringContaining(gateway.stateDir), count: 0, recent: [] },
      eventLoop: {
        degraded: expect.any(Boolean),
        reasons: expect.any(Array),
        intervalMs: expect.any(Number),
        delayP99Ms: expect.any(Number),
        delayMaxMs: expect.any(Number),
        utilization: expect.any(Number),
        cpuCoreRatio: expect.any(Number),
      },
      workers: { configured: 1, ready: 1, degraded: false },
    });
  });

  it('with probe gives a snapshot made for it', async () => {
    const first = await admin.call('health', { probe: true });
    const second = await waitFor('a later snapshot', async () => {
      const { payload } = await admin.call('health', { probe: true });
      return (payload?.ts as number) > (first.payload?.ts as number) && payload;
    });
    expect((await admin.call('health')).payload?.ts).toBe(second.ts);
  });

  it('with probe, however often, is broadcast now and then only', async () => {
    const healthEvents = (): number => reduced.frames.filter(({ event }) => event === 'health').length;
    const before = healthEvents();
    const ids = Array.from({ length: 50 }, (_, i) => `probe-${i}`);
    inOnePacket(
      admin,
      ids.map((id) => ({ type: 'req', id, method: 'health', params: { probe: true } })),
    );
    await admin.frame('the last answer', ({ id }) => id === ids.at(-1));
    // What was broadcast meanwhile has come when the answer to a later call has.
    await reduced.call('health');
    expect(healthEvents() - before).toBeLessThan(10);
  });

  it('system-presence gives the list itself', async () => {
    const { payload } = await admin.call('system-presence');
    expect(payload).toEqual([
      expect.objectContaining({ mode: 'gateway', reason: 'self' }),
      expect.objectContaining({ mode: 'ui', reason: 'connect', host: 'pllan-tui', ts: expect.any(Number) }),
    ]);
  });

  it('may come as a binary frame', async () => {
    const frame = await answerTo(admin, Buffer.from('{"type":"req","id":"bin","method":"health"}'));
    expect(frame).toMatchObject({ id: 'bin', ok: true });
  });

  it('with an id of any kind of text gets the same id back', async () => {
    const id = 'quote " backslash \\ newline \n é 漢 \u2028';
    expect(await answerTo(admin, JSON.stringify({ type: 'req', id, method: 'health' }))).toMatchObject({
      id,
      ok: true,
    });
  });

  it('twice with the same id is answered twice', async () => {
    inOnePacket(admin, [
      { type: 'req', id: 'same', method: 'health' },
      { type: 'req', id: 'same', method: 'status' },
    ]);
    const answers = await waitFor('both', () => {
      const found = admin.frames.filter(({ id }) => id === 'same');
      return found.length === 2 && found;
    });
    expect(answers[1]?.payload).toHaveProperty('runtimeVersion');
  });
});

describe('several frames in one packet', () => {
  it('are answered in order, each once', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `packet-${i}`);
    inOnePacket(
      admin,
      ids.map((id, i) => ({ type: 'req', id, method: i % 2 === 0 ? 'status' : 'health' })),
    );
    await admin.frame('the last answer', ({ id }) => id === ids.at(-1));
    expect(admin.frames.filter(({ id }) => id?.startsWith('packet-')).map(({ id }) => id)).toEqual(ids);
  });

  it('may begin with connect: what follows is answered after hello-ok', async () => {
    const client = await openSocket(gateway.wsUrl);
    inOnePacket(client, [
      { type: 'req', id: 'connect', method: 'connect', params: connectParams() },
      { type: 'req', id: 'after', method: 'health', params: { padding: 'x' } },
    ]);
    await client.frame('the second answer', ({ id }) => id === 'after');
    const answers = client.frames.filter(({ type }) => type === 'res');
    expect(answers.map(({ id, ok }) => [id, ok])).toEqual([
      ['connect', true],
      ['after', true],
    ]);
    await client.close();
  });
});

describe('the size of a frame', () => {
  const frameOf = (bytes: number): string => {
    const empty = JSON.stringify({ type: 'req', id: 'big', method: 'health', params: { padding: '' } });
    return empty.replace('"padding":""', `"padding":"${'x'.repeat(bytes - empty.length)}"`);
  };

  it('may be 25 MiB, and a byte more closes 1009', async () => {
    const client = await connectControl(gateway.wsUrl);
    expect(await answerTo(client, frameOf(MAX_PAYLOAD))).toMatchObject({ id: 'big', ok: true });
    client.socket.send(frameOf(MAX_PAYLOAD + 1));
    expect(await within('close', client.closed)).toEqual({ code: 1009, reason: 'Max payload size exceeded' });
    expect(await admin.call('health')).toMatchObject({ ok: true });
  });
});

it('a ping is answered', async () => {
  const pong = new Promise<string>((resolve) =>
    admin.socket.once('pong', (data) => resolve(data.toString())),
  );
  admin.socket.ping('are you there');
  expect(await within('pong', pong)).toBe('are you there');
});
