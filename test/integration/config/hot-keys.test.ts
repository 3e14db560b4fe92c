/** What changes of single keys do while the gateway runs (config.md §12.2, §12.3). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { chatRequest, TOKEN } from '../../support/gateway.js';
import { startLiveConfig, type Config, type LiveConfig } from '../../support/live-config.js';
import { providerConfig, startMockProvider, type MockProvider } from '../../support/mock-provider.js';
import { waitFor } from '../../support/wait-for.js';

let live: LiveConfig;
let provider: MockProvider;
beforeAll(async () => {
  provider = await startMockProvider();
  live = await startLiveConfig();
});
afterAll(async () => {
  await live.stop();
  await provider.stop();
});

const complete = async (token = TOKEN): Promise<number> => {
  const answer = await fetch(
    `${live.gateway.url}/v1/chat/completions`,
    chatRequest({ content: 'hello' }, token),
  );
  await answer.text();
  return answer.status;
};
const call = async (method: string, params: object = {}): Promise<Record<string, unknown>> =>
  (await live.client.call(method, params)).payload ?? {};

it('a provider and its key', async () => {
  const configOf = (apiKey: string): Config => {
    const { auth: _cooldowns, ...config } = providerConfig(provider.baseUrl, { apiKey });
    return config;
  };
  await live.apply(configOf('the-first-key'));
  expect(await complete()).toBe(200);
  expect(provider.calls.at(-1)?.request.headers.authorization).toBe('Bearer the-first-key');
  expect(JSON.stringify(await call('models.list'))).toContain('"provider":"mock"');
  await live.apply(configOf('the-second-key'));
  expect(await complete()).toBe(200);
  expect(provider.calls.at(-1)?.request.headers.authorization).toBe('Bearer the-second-key');
  expect(live.lines('the-second-key')).toEqual([]);
});

it('agents', async () => {
  await live.apply({
    agents: {
      list: [
        { id: 'one', default: true },
        { id: 'two', name: 'Second' },
      ],
    },
  });
  expect(await call('agents.list')).toMatchObject({
    defaultId: 'one',
    agents: [{ id: 'one' }, { id: 'two', name: 'Second' }],
  });
  expect(await call('health', { probe: true })).toMatchObject({ defaultAgentId: 'one' });
  const client = await connectControl(live.gateway.wsUrl);
  expect(client.hello.payload?.snapshot).toMatchObject({
    sessionDefaults: { mainSessionKey: 'agent:one:main' },
  });
  await client.close();
});

it('the key of main sessions', async () => {
  await live.apply({ session: { mainKey: 'home' } });
  const client = await connectControl(live.gateway.wsUrl);
  const { appliedConfigHash, sessionDefaults } = (client.hello.payload?.snapshot ?? {}) as Record<
    string,
    unknown
  >;
  expect(sessionDefaults).toMatchObject({ mainKey: 'home', mainSessionKey: 'agent:main:home' });
  expect(appliedConfigHash).toBe((await call('config.get')).appliedConfigHash);
  await client.close();
});

it('the level of the log, in every process', async () => {
  const levels = (): Set<unknown> => new Set(live.gateway.logLines().map(({ level }) => level));
  expect(levels()).not.toContain('debug');
  await live.apply({ logging: { level: 'debug' } });
  const client = await connectControl(live.gateway.wsUrl);
  await client.close();
  await waitFor('debug lines', () => levels().has('debug'));
  await live.apply({ logging: { level: 'info' } });
});

it('origins of web pages', async () => {
  const origin = 'https://page.example';
  const refused = await connectControl(live.gateway.wsUrl, { headers: { origin } });
  expect(refused.hello).toMatchObject({ ok: false });
  await live.apply({ gateway: { controlUi: { allowedOrigins: [origin] } } });
  const client = await connectControl(live.gateway.wsUrl, { headers: { origin } });
  expect(client.hello.error?.message).not.toBe(refused.hello.error?.message);
  client.socket.terminate();
});

it('how many failures lock a client out', async () => {
  const rateLimit = { maxAttempts: 1, exemptLoopback: false, lockoutMs: 60_000 };
  await live.apply({ gateway: { auth: { mode: 'token', token: TOKEN, rateLimit } } });
  const headers = { 'x-forwarded-for': '203.0.113.7' };
  const trusting = { trustedProxies: ['127.0.0.1'], auth: { mode: 'token', token: TOKEN, rateLimit } };
  await live.apply({ gateway: trusting });
  const connect = (token: string) =>
    connectControl(live.gateway.wsUrl, { headers, params: { auth: { token } } });
  expect((await connect('wrong')).hello).toMatchObject({ ok: false });
  // The proxy is believed: it is that client, and not this machine, that is locked out.
  expect((await connect(TOKEN)).hello.error?.details).toMatchObject({ code: 'AUTH_RATE_LIMITED' });
  expect((await connectControl(live.gateway.wsUrl)).hello).toMatchObject({ ok: true });
});

describe('the token of the gateway', () => {
  const NEXT = 'next-token-0123456789abcdef';
  afterAll(async () => void (await live.connect(TOKEN)));

  it('closes those that came in with the one before, and lets in with the new one', async () => {
    const old = live.client;
    live.write({ gateway: { auth: { mode: 'token', token: NEXT } } });
    expect(await old.closed).toEqual({ code: 4001, reason: 'gateway auth changed' });
    expect(await complete(TOKEN)).toBe(401);
    expect(await complete(NEXT)).toBe(200);
    expect((await connectControl(live.gateway.wsUrl)).hello).toMatchObject({ ok: false });
    expect((await live.connect(NEXT)).frames).toContainEqual(expect.objectContaining({ ok: true }));
  });

  it('may become a password', async () => {
    const old = live.client;
    live.write({ gateway: { auth: { mode: 'password', password: NEXT } } });
    expect(await old.closed).toEqual({ code: 4001, reason: 'gateway auth changed' });
    const client = await connectControl(live.gateway.wsUrl, { params: { auth: { password: NEXT } } });
    expect(client.hello).toMatchObject({ ok: true, payload: { auth: { method: 'password' } } });
    live.write({});
    await client.closed;
  });
});

describe('the mode', () => {
  const status = async (): Promise<unknown> => (await call('health', { probe: true })).configReload;
  const patch = async (change: object): Promise<Record<string, unknown>> => {
    const { hash } = await call('config.get');
    return call('config.patch', { raw: JSON.stringify(change), baseHash: hash });
  };
  const reload = (mode: string): object => ({ mode, debounceMs: 50 });

  it('hot applies what it can and leaves the rest for the next start', async () => {
    await live.apply({ gateway: { reload: reload('hot') } });
    expect(await patch({ gateway: { handshakeTimeoutMs: 5_000 }, hooks: { path: '/in' } })).toMatchObject({
      pending: ['gateway.handshakeTimeoutMs'],
      restart: null,
    });
    await live.says('config hot reload applied (hooks.path)');
    await live.says(
      'config change requires gateway restart (gateway.handshakeTimeoutMs); ignoring in hot mode',
    );
  });

  it('off applies nothing and watches nothing', async () => {
    await live.apply({ gateway: { reload: reload('off') } });
    await waitFor(
      'status',
      async () => ((await status()) as { hotReloadStatus?: string }).hotReloadStatus === 'disabled',
    );
    const change = { session: { mainKey: 'unseen' } };
    expect(await patch(change)).toMatchObject({ pending: ['session.mainKey'], restart: null });
    expect(await call('agents.list')).toMatchObject({ mainKey: 'main' });
    const back = await patch({ gateway: { reload: { mode: 'hybrid' } } });
    expect(back).toMatchObject({ pending: [] });
    expect(await call('agents.list')).toMatchObject({ mainKey: 'unseen' });
    await waitFor(
      'status',
      async () => ((await status()) as { hotReloadStatus?: string }).hotReloadStatus === 'active',
    );
    await live.apply({ session: { mainKey: 'seen' } });
    expect(await call('agents.list')).toMatchObject({ mainKey: 'seen' });
  });
});
