/** An accepted connection: hello-ok, scopes, requests, events (protocol.md §2, §7, §9.6, §12–14). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { waitFor, within } from '../../support/wait-for.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const events = (client: ControlClient, name?: string): Frame[] =>
  client.frames.filter(
    ({ type, event }) =>
      type === 'event' && event !== 'connect.challenge' && (name === undefined || event === name),
  );

const tui = {
  id: 'pllan-tui',
  displayName: 'my desk',
  version: '1',
  platform: 'linux',
  mode: 'ui',
  instanceId: 'i-1',
};
const noScopes = { client: tui };

describe('hello-ok', () => {
  it('tells versions, methods, events, state and limits; paths only to admins', async () => {
    const admin = await connectControl(gateway.wsUrl);
    expect(admin.hello.payload).toMatchObject({
      type: 'hello-ok',
      protocol: 4,
      server: { version: '0.1.0', connId: expect.any(String), bootId: expect.any(String) },
      features: {
        methods: ['health', 'status', 'system-presence'],
        events: ['connect.challenge', 'presence', 'tick', 'health', 'shutdown'],
      },
      snapshot: {
        presence: [expect.objectContaining({ mode: 'gateway', reason: 'self' })],
        health: { ok: true, defaultAgentId: 'main' },
        stateVersion: { presence: expect.any(Number), health: expect.any(Number) },
        uptimeMs: expect.any(Number),
        sessionDefaults: {
          defaultAgentId: 'main',
          mainKey: 'main',
          mainSessionKey: 'agent:main:main',
          scope: 'per-sender',
        },
        configPath: `${gateway.stateDir}/pllan.json`,
        stateDir: gateway.stateDir,
        authMode: 'token',
      },
      auth: { method: 'token', role: 'operator', scopes: ['operator.admin'] },
      policy: {
        maxPayload: 26_214_400,
        maxBufferedBytes: 52_428_800,
        tickIntervalMs: 30_000,
        attachments: { maxBytes: 20_971_520, maxImageBytes: 6_291_456 },
      },
    });
    const reader = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.read'] } });
    const snapshot = reader.hello.payload?.snapshot as Record<string, unknown>;
    expect(Object.keys(snapshot)).not.toEqual(expect.arrayContaining(['configPath']));
    expect(JSON.stringify(reader.hello)).not.toContain(gateway.stateDir);
    await Promise.all([admin.close(), reader.close()]);
  });

  it.each([
    ['gateway-client', 'backend', {}, ['operator.admin']],
    ['cli', 'cli', {}, ['operator.admin']],
    ['gateway-client', 'ui', {}, []],
    ['pllan-tui', 'ui', {}, []],
    ['openclaw-probe', 'probe', {}, []],
    ['cli', 'cli', { 'x-forwarded-for': '203.0.113.9' }, []],
    ['cli', 'cli', { host: 'gateway.example' }, []],
    ['cli', 'cli', { origin: 'http://localhost:1' }, []],
  ])('%s in mode %s with %j gets scopes %j', async (id, mode, headers, scopes) => {
    const client = await connectControl(gateway.wsUrl, {
      params: { client: { id, mode, version: '1', platform: 'linux' } },
      headers,
    });
    expect(client.hello.payload?.auth).toMatchObject({ scopes });
    await client.close();
  });
});

describe('requests', () => {
  let client: Awaited<ReturnType<typeof connectControl>>;
  beforeAll(async () => {
    client = await connectControl(gateway.wsUrl);
  });
  afterAll(() => client.close());

  it('health, status and system-presence answer', async () => {
    expect((await client.call('health')).payload).toMatchObject({
      ok: true,
      workers: { configured: 1, ready: 1, degraded: false },
    });
    expect((await client.call('status', {})).payload).toMatchObject({
      runtimeVersion: '0.1.0',
      pid: gateway.child.pid,
    });
    const presence = (await client.call('system-presence')).payload as unknown as unknown[];
    expect(presence[0]).toMatchObject({ mode: 'gateway', reason: 'self' });
  });

  it('an invalid frame is answered, with its id when it has one, and the socket stays', async () => {
    client.send({ type: 'req', id: 'odd', method: 'health', shiny: 1 });
    const odd = await client.frame('answer', ({ id }) => id === 'odd');
    expect(odd.error).toMatchObject({
      code: 'INVALID_REQUEST',
      message: "invalid request frame: at root: unexpected property 'shiny'",
    });
    client.send('garbage');
    expect((await client.frame('answer', ({ id }) => id === 'invalid')).error?.message).toMatch(
      /^invalid request frame: /,
    );
  });

  it('connect again, an unknown method and invalid params are errors', async () => {
    expect((await client.call('connect')).error).toEqual({
      code: 'INVALID_REQUEST',
      message: 'connect is only valid as the first request',
    });
    expect((await client.call('nope')).error).toEqual({
      code: 'INVALID_REQUEST',
      message: 'unknown method: nope',
    });
    expect((await client.call('status', { x: 1 })).error).toEqual({
      code: 'INVALID_REQUEST',
      message: "invalid status params: at root: unexpected property 'x'",
    });
    expect((await client.call('status', [])).error?.message).toBe(
      'invalid status params: at root: must be object',
    );
    expect((await client.call('health', { probe: 'yes' })).error?.message).toBe(
      'invalid health params: at /probe: must be boolean',
    );
  });

  it('without the scope: FORBIDDEN, for unknown methods too; health needs none', async () => {
    const stranger = await connectControl(gateway.wsUrl, { params: noScopes });
    const forbidden = (scope: string) => ({
      code: 'FORBIDDEN',
      message: `missing scope: ${scope}`,
      details: { code: 'MISSING_SCOPE', missingScope: scope, requiredScopes: [scope] },
    });
    expect((await stranger.call('status')).error).toEqual(forbidden('operator.read'));
    expect((await stranger.call('nope')).error).toEqual(forbidden('operator.admin'));
    const health = await stranger.call('health');
    expect(health.payload).toMatchObject({ ok: true, sessions: { path: '[redacted]' } });
    await stranger.close();
  });

  it('binary frames mean the same as text', async () => {
    client.socket.send(Buffer.from(JSON.stringify({ type: 'req', id: 'binary', method: 'health' })), {
      binary: true,
    });
    expect((await client.frame('answer', ({ id }) => id === 'binary')).ok).toBe(true);
  });

  it('more than 25 MiB: 1009', async () => {
    const flooding = await connectControl(gateway.wsUrl);
    flooding.socket.send(Buffer.alloc(26_214_401, 'x'));
    expect((await within('close', flooding.closed)).code).toBe(1009);
  });
});

describe('events', () => {
  it('presence tells of the coming and going of clients that people look for', async () => {
    const watcher = await connectControl(gateway.wsUrl);
    const seen = await connectControl(gateway.wsUrl, { params: { client: tui } });
    const entry = (reason: string) =>
      waitFor(reason, () =>
        events(watcher, 'presence').find(({ payload }) =>
          (payload?.presence as Record<string, unknown>[]).some(
            ({ host, ...rest }) => host === 'my desk' && rest.reason === reason,
          ),
        ),
      );
    expect((await entry('connect')) as unknown).toMatchObject({
      stateVersion: { presence: expect.any(Number) },
    });
    await seen.close();
    await entry('disconnect');
    await watcher.close();
  });

  it('presence is the first event of a client that is seen and may read', async () => {
    const open = await startGateway({ config: { gateway: { auth: { mode: 'none' } } } });
    try {
      const client = await connectControl(open.wsUrl, {
        params: { client: tui, scopes: ['operator.read'], auth: undefined },
      });
      expect(client.hello.payload?.auth).toMatchObject({ method: 'none', scopes: ['operator.read'] });
      const first = await waitFor('an event', () => events(client)[0]);
      expect(first).toMatchObject({ event: 'presence', seq: 1 });
      await client.close();
    } finally {
      await open.stop();
    }
  });

  it('health comes after a refresh, with a rising version; numbers have no gaps', async () => {
    const client = await connectControl(gateway.wsUrl);
    const hello = client.hello.payload?.snapshot as { stateVersion: { health: number } };
    await client.call('health', { probe: true });
    await client.call('health', { probe: true });
    const told = await waitFor('two health events', () => {
      const found = events(client, 'health');
      return found.length >= 2 && found;
    });
    const versions = told.map(
      (frame) => (frame as unknown as { stateVersion: { health: number } }).stateVersion.health,
    );
    expect(versions[0]).toBeGreaterThan(hello.stateVersion.health);
    expect(versions[1]).toBeGreaterThan(versions[0] ?? 0);
    expect(events(client).map(({ seq }) => seq)).toEqual(events(client).map((_, index) => index + 1));
    await client.close();
  });

  it('what a client may not see takes no number', async () => {
    const stranger = await connectControl(gateway.wsUrl, { params: noScopes });
    const other = await connectControl(gateway.wsUrl, {
      params: { client: { ...tui, displayName: 'another' } },
    });
    await stranger.call('health', { probe: true });
    const [first] = await waitFor('health event', () => {
      const found = events(stranger);
      return found.length > 0 && found;
    });
    expect(first).toMatchObject({ event: 'health', seq: 1 });
    await Promise.all([stranger.close(), other.close()]);
  });

  it('their keys stand in the order that clients know', async () => {
    const client = await connectControl(gateway.wsUrl);
    const raw: string[] = [];
    client.socket.on('message', (data: Buffer) => raw.push(data.toString('utf8')));
    await client.call('health', { probe: true });
    const text = await waitFor('event', () =>
      raw.find((frame) => frame.startsWith('{"type":"event","event":"health","payload":{')),
    );
    expect(text).toMatch(/\},"seq":\d+,"stateVersion":\{"presence":\d+,"health":\d+\}\}$/);
    await client.close();
  });
});
