/** Secrets that change while the gateway runs (methods.md §7, secrets.md §6, §7). */
import { renameSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { chatRequest, startFor, startGateway, type TestGateway } from '../../support/gateway.js';
import { providerConfig, startMockProvider, type MockProvider } from '../../support/mock-provider.js';
import { waitFor } from '../../support/wait-for.js';
import { secretFile } from '../../shared/secrets/support.js';

const ref = (id: string) => ({ source: 'file', provider: 'main', id });

interface Setting {
  readonly gateway: TestGateway;
  readonly provider: MockProvider;
  /** Puts other secrets in the place of those that there are. */
  write(secrets: object | string): void;
  connect(token: string): Promise<ControlClient>;
  /** The provider's key in the request that a completion leads to; the status where there is none. */
  keyUsed(token: string): Promise<string | number | undefined>;
}

async function setUp(
  test: Pick<TestContext, 'onTestFinished'>,
  secrets: object,
  config: object = {},
): Promise<Setting> {
  const provider = await startMockProvider();
  test.onTestFinished(() => provider.stop());
  const path = secretFile(JSON.stringify(secrets));
  const gateway = await startFor(test, {
    config: {
      ...providerConfig(provider.baseUrl, { apiKey: ref('/key') }),
      gateway: { auth: { mode: 'token', token: ref('/token') }, workers: { count: 2 } },
      secrets: { providers: { main: { source: 'file', path } } },
      ...config,
    },
  });
  return {
    gateway,
    provider,
    write(next) {
      writeFileSync(`${path}.next`, typeof next === 'string' ? next : JSON.stringify(next), { mode: 0o600 });
      renameSync(`${path}.next`, path);
    },
    connect: (token) => connectControl(gateway.wsUrl, { params: { auth: { token } } }),
    async keyUsed(token) {
      const before = provider.calls.length;
      const answer = await fetch(`${gateway.url}/v1/chat/completions`, chatRequest({ content: 'x' }, token));
      await answer.text();
      return provider.calls[before]?.request.headers.authorization ?? answer.status;
    },
  };
}

const TOKEN = 'first-token-of-the-gateway';
const NEXT = 'second-token-of-the-gateway';

describe('secrets.reload', () => {
  it('has every worker use another key from then on', async (test) => {
    const { write, connect, keyUsed } = await setUp(test, { token: TOKEN, key: 'first-key' });
    const client = await connect(TOKEN);
    expect(await keyUsed(TOKEN)).toBe('Bearer first-key');
    write({ token: TOKEN, key: 'second-key' });
    expect(await keyUsed(TOKEN)).toBe('Bearer first-key');
    expect(await client.call('secrets.reload', {})).toMatchObject({
      ok: true,
      payload: { ok: true, warningCount: 0 },
    });
    const used = await Promise.all(Array.from({ length: 8 }, () => keyUsed(TOKEN)));
    expect(new Set(used)).toEqual(new Set(['Bearer second-key']));
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    await client.close();
  });

  it('has a worker that takes the place of another use it, too', async (test) => {
    const { gateway, write, connect, keyUsed } = await setUp(test, { token: TOKEN, key: 'first-key' });
    const client = await connect(TOKEN);
    write({ token: TOKEN, key: 'second-key' });
    await client.call('secrets.reload', {});
    const before = gateway.workers();
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await waitFor('other workers', () => {
      const now = gateway.workers();
      return now.length === before.length && now.every((pid) => !before.includes(pid));
    });
    await waitFor('one that is ready', async () => {
      const { payload } = await client.call('health', { probe: true });
      return (payload?.workers as { readonly ready: number } | undefined)?.ready === 2;
    });
    expect(await keyUsed(TOKEN)).toBe('Bearer second-key');
    await client.close();
  });

  it('replaces a worker that does not take it', async (test) => {
    const { gateway, write, connect, keyUsed } = await setUp(test, { token: TOKEN, key: 'first-key' });
    const client = await connect(TOKEN);
    await waitFor('both workers', async () => {
      const { payload } = await client.call('health', { probe: true });
      return (payload?.workers as { readonly ready: number } | undefined)?.ready === 2;
    });
    const [frozen = 0, other = 0] = gateway.workers();
    process.kill(frozen, 'SIGSTOP');
    write({ token: TOKEN, key: 'second-key' });
    expect(await client.call('secrets.reload', {})).toMatchObject({ ok: true });
    expect(gateway.workers()).toContain(other);
    await waitFor(
      'another worker',
      () => !gateway.workers().includes(frozen) && gateway.workers().length === 2,
    );
    for (let time = 0; time < 4; time += 1) expect(await keyUsed(TOKEN)).toBe('Bearer second-key');
    await client.close();
  });

  it('lets nobody in with the token before, and closes who came with it, after the answer', async (test) => {
    const { write, connect, keyUsed, gateway } = await setUp(test, { token: TOKEN, key: 'key' });
    const asking = await connect(TOKEN);
    const other = await connect(TOKEN);
    write({ token: NEXT, key: 'key' });
    expect(await asking.call('secrets.reload', {})).toMatchObject({ ok: true });
    const closed = { code: 4001, reason: 'gateway auth changed' };
    expect(await asking.closed).toEqual(closed);
    expect(await other.closed).toEqual(closed);
    expect(await keyUsed(TOKEN)).toBe(401);
    expect(await keyUsed(NEXT)).toBe('Bearer key');
    const probe = await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${NEXT}` } });
    expect(probe.status).toBe(200);
    const refused = await connect(TOKEN);
    expect(await refused.closed).toMatchObject({ code: 1008 });
    const client = await connect(NEXT);
    expect(await client.call('health', {})).toMatchObject({ ok: true });
    await client.close();
  });

  it('that fails changes nothing, is told once, and once when it succeeds again', async (test) => {
    const { gateway, provider, write, connect, keyUsed } = await setUp(test, {
      token: TOKEN,
      key: 'first-key',
    });
    const client = await connect(TOKEN);
    write('{ "key": "half-a-secret');
    for (let time = 0; time < 2; time += 1) {
      expect((await client.call('secrets.reload', {})).error).toMatchObject({
        code: 'UNAVAILABLE',
        message: 'secrets.reload failed',
        details: { reason: expect.stringContaining('the file is not valid JSON') },
      });
    }
    expect(await keyUsed(TOKEN)).toBe('Bearer first-key');
    const { payload } = await client.call('status', {});
    expect(payload?.degradedSecretOwners).toEqual([
      {
        ownerKind: 'model-provider',
        ownerId: 'mock',
        state: 'stale',
        paths: ['models.providers.mock.apiKey'],
        reason: 'the file is not valid JSON',
      },
      {
        ownerKind: 'gateway-auth',
        ownerId: '',
        state: 'stale',
        paths: ['gateway.auth.token'],
        reason: 'the file is not valid JSON',
      },
    ]);
    write({ token: TOKEN, key: 'second-key' });
    expect(await client.call('secrets.reload', {})).toMatchObject({ ok: true });
    expect(await keyUsed(TOKEN)).toBe('Bearer second-key');
    expect((await client.call('status', {})).payload?.degradedSecretOwners).toEqual([]);
    const signals = gateway.logLines().filter(({ event }) => event === 'secrets.signal');
    expect(signals.map(({ message }) => String(message).split(' ')[0])).toEqual([
      '[SECRETS_RELOADER_DEGRADED]',
      '[SECRETS_RELOADER_RECOVERED]',
    ]);
    expect(JSON.stringify(gateway.logLines())).not.toContain('half-a-secret');
    // The agent hears of it with its next turn.
    await client.call('chat.send', { sessionKey: 'main', message: 'hello', idempotencyKey: 'k1' });
    await client.frame('turn', ({ payload: event }) => event?.runId === 'k1' && event?.state === 'final');
    expect(JSON.stringify(provider.calls.at(-1)?.body)).toMatch(
      /SECRETS_RELOADER_DEGRADED.*SECRETS_RELOADER_RECOVERED/s,
    );
    await client.close();
  });

  it('refuses a value that cannot be sent, and keeps the one before', async (test) => {
    const { write, connect, keyUsed } = await setUp(test, { token: TOKEN, key: 'first-key' });
    const client = await connect(TOKEN);
    write({ token: TOKEN, key: 'line\nbreak' });
    expect((await client.call('secrets.reload', {})).error?.details).toEqual({
      reason: expect.stringContaining('models.providers.mock.apiKey: cannot be sent as a header'),
    });
    expect(await keyUsed(TOKEN)).toBe('Bearer first-key');
    await client.close();
  });

  it('is for admins', async (test) => {
    const { gateway } = await setUp(test, { token: TOKEN, key: 'key' });
    const client = await connectControl(gateway.wsUrl, {
      params: { auth: { token: TOKEN }, scopes: ['operator.read', 'operator.write'] },
    });
    for (const method of ['secrets.reload', 'secrets.resolve'])
      expect((await client.call(method, {})).error).toMatchObject({
        code: 'FORBIDDEN',
        message: 'missing scope: operator.admin',
      });
    await client.close();
  });
});

describe('secrets.resolve', () => {
  it('gives the values of the refs that are asked for', async (test) => {
    const { connect } = await setUp(test, { token: TOKEN, key: 'the-key', spare: 'the-spare' }, {});
    const client = await connect(TOKEN);
    const resolve = async (params: object) =>
      client.call('secrets.resolve', { commandName: 'test', ...params });
    expect((await resolve({ targetIds: ['models.providers.apiKey', 'gateway.auth.token'] })).payload).toEqual(
      {
        ok: true,
        assignments: [
          {
            path: 'models.providers.mock.apiKey',
            pathSegments: ['models', 'providers', 'mock', 'apiKey'],
            value: 'the-key',
          },
          { path: 'gateway.auth.token', pathSegments: ['gateway', 'auth', 'token'], value: TOKEN },
        ],
        diagnostics: [],
        inactiveRefPaths: [],
      },
    );
    expect(
      (await resolve({ targetIds: ['gateway.auth.token'], allowedPaths: ['gateway.auth.password'] })).payload,
    ).toMatchObject({ assignments: [] });
    await client.close();
  });

  it('resolves what is not in use when it is told to', async (test) => {
    const { connect } = await setUp(
      test,
      { token: TOKEN, key: 'key', remote: 'the-remote-one' },
      {
        gateway: {
          auth: { mode: 'token', token: TOKEN },
          remote: { token: ref('/remote'), password: ref('/none') },
        },
      },
    );
    const client = await connect(TOKEN);
    const targetIds = ['gateway.remote.token', 'gateway.remote.password'];
    const resolve = async (params: object) =>
      client.call('secrets.resolve', { commandName: 'test', targetIds, ...params });
    expect((await resolve({})).payload).toMatchObject({
      assignments: [],
      inactiveRefPaths: ['gateway.remote.token', 'gateway.remote.password'],
    });
    expect((await resolve({ optionalActivePaths: targetIds })).payload).toMatchObject({
      assignments: [{ path: 'gateway.remote.token', value: 'the-remote-one' }],
      diagnostics: [
        'gateway.remote.password: file provider "main", /none: there is no such value in the file',
      ],
      inactiveRefPaths: [],
    });
    expect((await resolve({ forcedActivePaths: targetIds })).error).toMatchObject({
      code: 'UNAVAILABLE',
      message: 'secrets.resolve failed',
    });
    await client.close();
  });

  let plain: TestGateway;
  beforeAll(async () => void (plain = await startGateway()));
  afterAll(async () => void (await plain.stop()));
  it.each([
    [{}, 'invalid secrets.resolve params: commandName'],
    [{ commandName: ' ', targetIds: ['x'] }, 'invalid secrets.resolve params: commandName'],
    [{ commandName: 'x' }, 'invalid secrets.resolve params: targetIds'],
    [{ commandName: 'x', targetIds: [] }, 'invalid secrets.resolve params: targetIds'],
    [
      { commandName: 'x', targetIds: ['gateway.auth.token', 'nope'] },
      'invalid secrets.resolve params: unknown target id "nope"',
    ],
  ])('refuses %j', async (params, message) => {
    const client = await connectControl(plain.wsUrl);
    expect((await client.call('secrets.resolve', params)).error).toMatchObject({
      code: 'INVALID_REQUEST',
      message,
    });
    await client.close();
  });
});
