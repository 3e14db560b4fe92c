/**
 * Files and commands of secrets that go wrong while the gateway runs (secrets.md §6, §7): it goes on with the values
 * before, says so once, and once that all is well again.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import { chatRequest, startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { providerConfig, startMockProvider, type MockProvider } from '../../support/mock-provider.js';
import { waitFor } from '../../support/wait-for.js';
import { mend, SECRET, toldOf, troubles, workingSources } from '../../shared/secrets/troubles.js';

interface Config {
  readonly gateway: object;
}

const sources = workingSources();
const paths = { file: 'models.providers.mock.apiKey', exec: 'models.providers.mock.headers.x-of-command' };
let gateway: TestGateway;
let provider: MockProvider;
let client: ControlClient;

beforeAll(async () => {
  provider = await startMockProvider();
  gateway = await startGateway({
    config: {
      ...providerConfig(provider.baseUrl, {
        apiKey: { source: 'file', provider: 'main', id: '/it' },
        headers: { 'x-of-command': { source: 'exec', provider: 'vault', id: 'it' } },
      }),
      secrets: { providers: sources.providers },
      logging: { level: 'trace' },
    },
  });
  client = await connectControl(gateway.wsUrl);
});
afterAll(async () => {
  await gateway?.stop();
  await provider?.stop();
});

const reload = async (): Promise<unknown> => {
  const { ok, error } = await client.call('secrets.reload', {});
  return ok ? 'ok' : [error?.code, error?.message, error?.details];
};

const owners = async (method: 'status' | 'health'): Promise<unknown> =>
  (await client.call(method, {})).payload?.degradedSecretOwners;

/** Its snapshot may be a second old. */
const inHealth = (count: number): Promise<unknown> =>
  waitFor('health to tell', async () => {
    const told = (await owners('health')) as unknown[];
    return told.length === count && told;
  });

const keyUsed = async (): Promise<unknown> => {
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, chatRequest({ content: 'x' }, TOKEN));
  await answer.text();
  const { authorization, 'x-of-command': header } = provider.calls.at(-1)?.request.headers ?? {};
  return [answer.status, authorization, header];
};
const asBefore = [200, `Bearer ${SECRET}`, SECRET];

/** What the main session was told since so many. */
const signals = (since: number): string[] =>
  gateway
    .logLines()
    .filter(({ event }) => event === 'secrets.signal')
    .slice(since)
    .map(({ message }) => String(message));

const stale = (source: 'file' | 'exec', reason: string): object => ({
  ownerKind: 'model-provider',
  ownerId: 'mock',
  state: 'stale',
  paths: [paths[source]],
  reason,
});

const recovered = '[SECRETS_RELOADER_RECOVERED] secrets are up to date again';

describe('while a gateway runs', () => {
  it.each(troubles)('$what leaves all as it was, and is told', async (trouble) => {
    const before = signals(0).length;
    trouble.make(sources);
    const reason = toldOf(trouble, paths[trouble.source]);
    expect(await reload()).toEqual(['UNAVAILABLE', 'secrets.reload failed', { reason }]);
    expect(await owners('status')).toEqual([stale(trouble.source, trouble.told)]);
    expect(await keyUsed()).toEqual(asBefore);
    mend(sources);
    expect(await reload()).toBe('ok');
    expect(await owners('status')).toEqual([]);
    expect(await keyUsed()).toEqual(asBefore);
    expect(signals(before)).toEqual([`[SECRETS_RELOADER_DEGRADED] ${reason}`, recovered]);
  });

  it('trouble after trouble is told once, and stays in view until it is over', async () => {
    const before = signals(0).length;
    for (const trouble of troubles.slice(0, 2)) {
      trouble.make(sources);
      expect(await reload()).not.toBe('ok');
      mend(sources);
    }
    expect(await inHealth(1)).toEqual([stale('file', 'not a regular file')]);
    expect(await reload()).toBe('ok');
    expect(await reload()).toBe('ok');
    expect(await inHealth(0)).toEqual([]);
    expect(signals(before)).toEqual([expect.stringContaining('there is no such file'), recovered]);
  });

  describe('a config', () => {
    const files = (): string[] =>
      readdirSync(gateway.stateDir).filter((name) => name.startsWith('pllan.json'));
    const file = (): string => readFileSync(join(gateway.stateDir, 'pllan.json'), 'utf8');
    const write = async (method: string, change: (config: Config) => object): Promise<Frame> => {
      const { hash, parsed } = (await client.call('config.get', {})).payload as {
        hash: string;
        parsed: Config;
      };
      const raw = JSON.stringify(
        method === 'config.patch' ? change(parsed) : { ...parsed, ...change(parsed) },
      );
      return client.call(method, { raw, baseHash: hash });
    };

    it.each(['config.patch', 'config.set', 'config.apply'])(
      'is not written by %s when a secret that it needs cannot be had',
      async (method) => {
        const before = [file(), files()];
        const token = { source: 'env', provider: 'default', id: 'NOT_THERE' };
        const gone =
          'gateway.auth.token: env provider "default", NOT_THERE: the environment variable is not set';
        const { error } = await write(method, ({ gateway: own }) => ({
          gateway: { ...own, auth: { mode: 'token', token } },
        }));
        expect(error).toEqual({
          code: 'INVALID_REQUEST',
          message: `invalid config: active SecretRef resolution failed (${gone})`,
          details: {
            issues: [{ path: 'gateway.auth.token', message: gone.slice('gateway.auth.token: '.length) }],
          },
        });
        expect([file(), files()]).toEqual(before);
      },
    );

    it.each(troubles.filter(({ what }) => /pipe|half|hangs|floods|fails/.test(what)))(
      'is not written beside $what',
      async (trouble) => {
        const before = [file(), files()];
        trouble.make(sources);
        const reason = toldOf(trouble, paths[trouble.source]);
        const { error } = await write('config.patch', () => ({ session: { mainKey: 'home' } }));
        mend(sources);
        expect(error?.message).toBe(`invalid config: active SecretRef resolution failed (${reason})`);
        expect([file(), files()]).toEqual(before);
      },
    );

    it('is written when only what is not in use cannot be had', async () => {
      const password = { source: 'env', provider: 'default', id: 'NOT_THERE' };
      expect(await write('config.patch', () => ({ gateway: { auth: { password } } }))).toMatchObject({
        ok: true,
      });
      expect(file()).toContain('NOT_THERE');
      expect(await write('config.patch', () => ({ gateway: { auth: { password: null } } }))).toMatchObject({
        ok: true,
      });
    });
  });

  describe('an edit of the config file', () => {
    const path = (): string => join(gateway.stateDir, 'pllan.json');
    const applied = async (): Promise<unknown> =>
      (await client.call('config.get', {})).payload?.appliedConfigHash;

    it.each(troubles.filter(({ what }) => /gone|half|others may|hangs|floods|fails/.test(what)))(
      'does not count beside $what, and counts when that is mended',
      async (trouble) => {
        const before = {
          signals: signals(0).length,
          hash: await applied(),
          text: readFileSync(path(), 'utf8'),
        };
        trouble.make(sources);
        const config = JSON.parse(before.text) as { session?: { mainKey?: string } };
        const mainKey = `home-${randomUUID()}`;
        writeFileSync(path(), JSON.stringify({ ...config, session: { mainKey } }), { mode: 0o600 });
        const reason = toldOf(trouble, paths[trouble.source]);
        await waitFor('the signal', () => signals(before.signals).length === 1);
        expect(await applied()).toBe(before.hash);
        expect(await owners('status')).toEqual([stale(trouble.source, trouble.told)]);
        expect(await keyUsed()).toEqual(asBefore);
        mend(sources);
        expect(await reload()).toBe('ok');
        await waitFor('the edit to count', async () => (await applied()) !== before.hash);
        expect(await owners('status')).toEqual([]);
        expect(signals(before.signals)).toEqual([`[SECRETS_RELOADER_DEGRADED] ${reason}`, recovered]);
      },
    );
  });

  it('no secret is told of', () => {
    const told = JSON.stringify(gateway.logLines()) + gateway.output() + JSON.stringify(client.frames);
    expect(told).not.toContain(SECRET);
  });
});
