/** A new config reaches workers whole, and what began before it ends with the one before (config.md §12). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chatRequest, isAlive, temporaryDir, TOKEN } from '../../support/gateway.js';
import { startLiveConfig, type Config, type LiveConfig } from '../../support/live-config.js';
import { connected, invoke, told } from '../../support/mcp/servers.js';
import { scrape } from '../../support/metrics.js';
import { providerConfig, startMockProvider, type MockProvider } from '../../support/mock-provider.js';
import { contentOf, openRaw, rawChat } from '../../support/raw-connection.js';
import { requestOnce, type OnceAnswer } from '../../support/request-once.js';
import { waitFor } from '../../support/wait-for.js';

const record = `${temporaryDir()}/record`;
const servers = {
  same: told('well', { env: { RECORD: record } }),
  other: told('well', { env: { RECORD: record } }),
  gone: told('well', { env: { RECORD: record } }),
};

let provider: MockProvider;
let live: LiveConfig;
let base: { readonly gateway: Config } & Config;
beforeAll(async () => {
  provider = await startMockProvider();
  base = {
    ...providerConfig(provider.baseUrl),
    tools: { allow: ['group:test', 'group:mcp'] },
    gateway: { workers: { count: 1 } },
    mcp: { servers },
  };
  live = await startLiveConfig({ config: base });
  for (const server of Object.keys(servers)) await connected(live.gateway, server, 1);
});
afterAll(async () => {
  await live.stop();
  await provider.stop();
});

let edits = 0;
/** Applies the config with other settings of the gateway, or other sections; no two are the same. */
const apply = ({ gateway, ...rest }: Config): Promise<void> => {
  edits += 1;
  const meta = { lastTouchedVersion: `${edits}` };
  const all = { ...base.gateway, ...(gateway as object | undefined) };
  return live.apply({ ...base, ...rest, meta, gateway: all });
};

const complete = (): Promise<OnceAnswer> =>
  requestOnce(`${live.gateway.url}/v1/chat/completions`, chatRequest({ content: 'Hi' }));

it('a request ends with the config with which it began', async () => {
  const upload = await openRaw(live.gateway.port);
  const whole = rawChat('Hi');
  await upload.write(whole.slice(0, -10));
  await apply({
    gateway: {
      http: {
        endpoints: { chatCompletions: { enabled: false } },
        securityHeaders: { strictTransportSecurity: 'max-age=7' },
      },
    },
  });
  const refused = await complete();
  expect(refused.status).toBe(404);
  expect(refused.headers['strict-transport-security']).toBe('max-age=7');
  await upload.write(whole.slice(-10));
  const [answer] = await upload.answered(1);
  expect(contentOf(answer ?? { body: '{}' })).toBe('Hi there');
  expect(answer?.headers['strict-transport-security']).toBeUndefined();
  await upload.write(rawChat('again'));
  expect((await upload.answered(2))[1]?.status).toBe(404);
  upload.destroy();
  await apply({});
  expect((await complete()).status).toBe(200);
});

it('reaches the paths of the primary as well', async () => {
  const headers = async (): Promise<OnceAnswer['headers']> =>
    (await requestOnce(`${live.gateway.url}/healthz`)).headers;
  await apply({ gateway: { http: { securityHeaders: { strictTransportSecurity: 'max-age=8' } } } });
  expect((await headers())['strict-transport-security']).toBe('max-age=8');
  await apply({});
  expect((await headers())['strict-transport-security']).toBeUndefined();
});

it('connections to a provider that did not change stay', async () => {
  expect((await complete()).status).toBe(200);
  const { connections } = provider;
  await apply({ tools: { allow: ['group:test'] } });
  expect((await complete()).status).toBe(200);
  expect(provider.connections).toBe(connections);
  await apply({});
});

it('web hooks come and go', async () => {
  const wake = (): Promise<OnceAnswer> =>
    requestOnce(`${live.gateway.url}/hooks/wake`, {
      method: 'POST',
      headers: { authorization: 'Bearer a-token-of-hooks' },
      body: JSON.stringify({ text: 'something' }),
    });
  expect((await wake()).status).toBe(404);
  await apply({ hooks: { enabled: true, token: 'a-token-of-hooks' } });
  expect((await wake()).status).toBe(200);
  await apply({});
  expect((await wake()).status).toBe(404);
});

it('a tool that may not be called any more finishes the call under way', async () => {
  const call = (ms: number): Promise<OnceAnswer> =>
    requestOnce(`${live.gateway.url}/tools/invoke`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ tool: 'test_wait', args: { ms } }),
    });
  const under = call(5000);
  await waitFor(
    'the call',
    async () => (await scrape(live.gateway.url)).total('pllan_pool_open_tasks', { pool: 'tool' }) === 1,
  );
  await apply({ tools: { allow: ['group:mcp'] } });
  expect((await call(1)).status).toBe(404);
  expect((await under).status).toBe(200);
  await apply({});
});

it('of MCP servers only those that changed are started anew', async () => {
  const pid = async (server: string): Promise<number> => Number(await invoke(live.gateway, `${server}__pid`));
  const before = { same: await pid('same'), other: await pid('other'), gone: await pid('gone') };
  const { same, other } = servers;
  const changed = { ...other, timeoutMs: 9_000 };
  await apply({ mcp: { servers: { same, other: changed } } });
  await waitFor('another process', async () => {
    const now = await pid('other');
    return now > 0 && now !== before.other;
  });
  expect(await pid('same')).toBe(before.same);
  expect(await invoke(live.gateway, 'gone__pid')).toMatch(/^404 /);
  await waitFor('the end of the others', () => !isAlive(before.other) && !isAlive(before.gone));
  await apply({});
});
