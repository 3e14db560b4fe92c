/** The answer to an accepted `connect`, and what each kind of client may do afterwards (protocol.md §9.6, §12). */
import { arch, hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type Frame } from '../../support/control-client.js';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';

let gateway: TestGateway;
let open: TestGateway;

beforeAll(async () => {
  [gateway, open] = await Promise.all([
    startGateway(),
    startGateway({ config: { gateway: { auth: { mode: 'none' } } } }),
  ]);
});
afterAll(() => Promise.all([gateway.stop(), open.stop()]));

interface Asked {
  readonly client: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly scopes?: readonly string[];
  readonly auth?: unknown;
}

const person = { version: '1.0.0', platform: 'linux' };

async function hello(on: TestGateway, { client, headers = {}, ...rest }: Asked): Promise<Frame> {
  const connected = await connectControl(on.wsUrl, {
    params: { client: { ...person, ...client }, ...rest },
    headers,
  });
  await connected.close();
  return connected.hello;
}

describe('hello-ok', () => {
  it('has every field that clients rely on, in a shape of its own', async () => {
    const connected = await connectControl(gateway.wsUrl);
    const { payload } = connected.hello;
    expect(connected.hello).toMatchObject({ type: 'res', id: 'connect', ok: true });
    expect(payload).toEqual({
      type: 'hello-ok',
      protocol: 4,
      server: {
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        connId: expect.any(String),
        bootId: expect.any(String),
      },
      features: {
        capabilities: ['published-model-catalog'],
        methods: expect.arrayContaining([
          'health',
          'agent',
          'chat.send',
          'chat.startup',
          'chat.metadata',
          'send',
          'sessions.list',
          'device.pair.list',
          'node.list',
          'node.invoke.result',
        ]),
        events: [
          'connect.challenge',
          'node.invoke.request',
          'agent',
          'chat',
          'presence',
          'tick',
          'health',
          'config.changed',
          'sessions.changed',
          'session.message',
          'session.tool',
          'heartbeat',
          'cron',
          'exec.approval.requested',
          'exec.approval.resolved',
          'device.pair.requested',
          'device.pair.resolved',
          'node.pair.requested',
          'node.pair.resolved',
          'channel.pair.requested',
          'channel.pair.resolved',
          'shutdown',
        ],
      },
      snapshot: {
        presence: expect.any(Array),
        health: expect.objectContaining({ ok: true, ts: expect.any(Number), durationMs: expect.any(Number) }),
        stateVersion: { presence: expect.any(Number), health: expect.any(Number) },
        uptimeMs: expect.any(Number),
        sessionDefaults: {
          defaultAgentId: 'main',
          mainKey: 'main',
          mainSessionKey: 'agent:main:main',
          scope: 'per-sender',
        },
        appliedConfigHash: expect.stringMatching(/^[0-9a-f]{64}$/),
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
    expect(payload?.features).not.toMatchObject({ methods: expect.arrayContaining(['sessions.get']) });
    expect(JSON.stringify(payload)).not.toContain(TOKEN);
    await connected.close();
  });

  it('shows the gateway itself in the presence list', async () => {
    const { payload } = await hello(gateway, { client: { id: 'cli', mode: 'cli' } });
    const snapshot = payload?.snapshot as { presence: unknown[] } | undefined;
    expect(snapshot?.presence[0]).toMatchObject({
      host: hostname(),
      mode: 'gateway',
      reason: 'self',
      platform: expect.stringMatching(/^(linux|macos|windows) /),
      deviceFamily: process.platform === 'linux' ? 'Linux' : expect.stringMatching(`Mac|Windows|${arch()}`),
      text: expect.stringMatching(/^Gateway: .+ · app \S+ · mode gateway · reason self$/),
      ts: expect.any(Number),
    });
  });

  it('names the connection anew and the start of the gateway the same', async () => {
    const servers: unknown[] = [];
    for (let i = 0; i < 2; i += 1) {
      const { payload } = await hello(gateway, { client: { id: 'cli', mode: 'cli' } });
      servers.push(payload?.server);
    }
    const [first, second] = servers as { connId: string; bootId: string }[];
    expect(first?.connId).not.toBe(second?.connId);
    expect(first?.bootId).toBe(second?.bootId);
  });

  it('keeps paths and auth mode from whoever is not admin', async () => {
    const { payload } = await hello(open, {
      client: { id: 'pllan-tui', mode: 'ui' },
      scopes: ['operator.write'],
    });
    const snapshot = payload?.snapshot as Record<string, unknown>;
    for (const key of ['configPath', 'stateDir', 'authMode']) expect(snapshot).not.toHaveProperty(key);
    expect(JSON.stringify(payload)).not.toContain(open.stateDir);
    expect(snapshot.health).toMatchObject({ sessions: { path: '[redacted]' } });
  });

  it('says which auth mode is on to an admin', async () => {
    const { payload } = await hello(open, {
      client: { id: 'cli', mode: 'cli' },
      scopes: ['operator.admin'],
      auth: {},
    });
    expect(payload).toMatchObject({ snapshot: { authMode: 'none' }, auth: { method: 'none' } });
  });
});

describe('scopes of a connection without a device', () => {
  const scopes = ['operator.write', 'operator.admin', 'custom.scope'];
  const cli = { id: 'cli', mode: 'cli' };
  const backend = { id: 'gateway-client', mode: 'backend' };
  const origin = { origin: 'http://localhost:5173' };

  it.each<[string, Asked]>([
    ['cli, local', { client: cli }],
    ['cli by the name localhost', { client: cli, headers: { host: 'localhost:1' } }],
    ['gateway-client as backend, local', { client: backend }],
    ['cli as a probe, local', { client: { id: 'cli', mode: 'probe' } }],
  ])('are kept for %s', async (_who, asked) => {
    const { payload } = await hello(gateway, { ...asked, scopes });
    expect(payload?.auth).toEqual({ method: 'token', role: 'operator', scopes });
  });

  it.each<[string, Asked]>([
    ['cli with an Origin', { client: cli, headers: origin }],
    ['cli behind a proxy', { client: cli, headers: { 'x-forwarded-for': '127.0.0.1' } }],
    ['cli behind a proxy that says only Forwarded', { client: cli, headers: { forwarded: 'for=127.0.0.1' } }],
    ['cli behind a proxy that says only X-Real-IP', { client: cli, headers: { 'x-real-ip': '127.0.0.1' } }],
    ['cli by a public name', { client: cli, headers: { host: 'gateway.example' } }],
    ['cli in another mode', { client: { id: 'cli', mode: 'ui' } }],
    ['gateway-client with an Origin', { client: backend, headers: origin }],
    ['gateway-client in another mode', { client: { id: 'gateway-client', mode: 'cli' } }],
    ['a terminal UI', { client: { id: 'pllan-tui', mode: 'ui' } }],
    ['a web chat', { client: { id: 'webchat-ui', mode: 'webchat' }, headers: origin }],
    ['a probe', { client: { id: 'pllan-probe', mode: 'probe' } }],
  ])('are taken from %s, also with the right token', async (_who, asked) => {
    const { payload } = await hello(gateway, { ...asked, scopes });
    expect(payload?.auth).toEqual({ method: 'token', role: 'operator', scopes: [] });
  });

  it('are none when none were asked for', async () => {
    const { payload } = await hello(gateway, { client: cli, scopes: [] });
    expect(payload?.auth).toMatchObject({ scopes: [] });
  });

  it.each<[string, Asked]>([
    ['a terminal UI', { client: { id: 'pllan-tui', mode: 'ui' } }],
    ['a cli behind a proxy', { client: cli, headers: { 'x-forwarded-for': '203.0.113.9' } }],
    ['a web chat', { client: { id: 'webchat', mode: 'webchat' }, headers: origin }],
  ])('are kept for %s in auth mode none', async (_who, asked) => {
    const { payload } = await hello(open, { ...asked, scopes, auth: undefined });
    expect(payload?.auth).toEqual({ method: 'none', role: 'operator', scopes });
  });
});

describe('client ids', () => {
  const prefixed = [
    'tui',
    'probe',
    'macos',
    'linux',
    'ios',
    'watchos',
    'android',
    'worker',
    'browser-copilot',
  ];
  const ids = [
    'gateway-client',
    'node-host',
    'fingerprint',
    'test',
    ...prefixed.flatMap((name) => [`pllan-${name}`, `openclaw-${name}`]),
  ];

  it.each(ids)('%s is known', async (id) => {
    expect(await hello(gateway, { client: { id, mode: 'test' } })).toMatchObject({ ok: true });
  });
});
