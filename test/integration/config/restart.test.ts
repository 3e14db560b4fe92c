/** Changes of the config that workers or the gateway itself are started anew for (config.md §12.2, §12.3). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { chatRequest, ready, TOKEN } from '../../support/gateway.js';
import { startLiveConfig, type LiveConfig } from '../../support/live-config.js';
import { waitFor } from '../../support/wait-for.js';

let live: LiveConfig;
beforeAll(async () => {
  live = await startLiveConfig({ env: { PLLAN_TEST_COOL_DOWN_MS: '1' } });
});
afterAll(() => live.stop());

const call = async (method: string, params: object = {}): Promise<Record<string, unknown>> =>
  (await live.client.call(method, params)).payload ?? {};
const patch = async (change: object, more: object = {}): Promise<Record<string, unknown>> => {
  const { hash } = await call('config.get');
  return call('config.patch', { raw: JSON.stringify(change), baseHash: hash, ...more });
};
const bootId = async (): Promise<unknown> => {
  const client = await connectControl(live.gateway.wsUrl);
  await client.close();
  return (client.hello.payload?.server as { bootId?: string } | undefined)?.bootId;
};

it('settings of workers replace them, and nobody else notices', async () => {
  const [first] = live.gateway.workers();
  const before = await bootId();
  const workers = { count: 2, maxQueue: 99 };
  expect(await patch({ gateway: { workers } })).toMatchObject({ pending: [], restart: null });
  await waitFor('two others', () => {
    const now = live.gateway.workers();
    return now.length === 2 && !now.includes(first ?? 0);
  });
  await ready(live.gateway);
  const answer = await fetch(`${live.gateway.url}/v1/chat/completions`, chatRequest({ content: 'x' }));
  expect(answer.status).toBe(200);
  expect(await bootId()).toBe(before);
  expect(live.client.socket.readyState).toBe(live.client.socket.OPEN);
});

it('what a client writes restarts the gateway after the answer', async () => {
  const before = await bootId();
  const told = live.client;
  const answer = await patch({ gateway: { handshakeTimeoutMs: 9_000 } }, { restartDelayMs: 10 });
  expect(answer).toMatchObject({
    ok: true,
    pending: ['gateway.handshakeTimeoutMs'],
    restart: { ok: true, coalesced: false },
  });
  expect(await told.closed).toMatchObject({ code: 1012 });
  await ready(live.gateway);
  const client = await live.connect(TOKEN);
  expect(await bootId()).not.toBe(before);
  const { payload } = await client.call('config.get');
  expect(payload?.appliedConfigHash).toBe(payload?.configRevisionHash);
});

it('an edit restarts the gateway, and counts then as a whole', async () => {
  const told = live.client;
  live.write({ gateway: { handshakeTimeoutMs: 8_000 }, session: { mainKey: 'home' } });
  expect(await told.closed).toMatchObject({ code: 1012 });
  await ready(live.gateway);
  await live.connect(TOKEN);
  expect(await call('agents.list')).toMatchObject({ mainKey: 'home' });
  // It is watched as before.
  await live.apply({ gateway: { handshakeTimeoutMs: 8_000 }, session: { mainKey: 'other' } });
  expect(await call('agents.list')).toMatchObject({ mainKey: 'other' });
});

it('mode restart restarts the gateway for what could count at once', async () => {
  const reload = { mode: 'restart', debounceMs: 50 };
  await live.apply({ gateway: { handshakeTimeoutMs: 8_000, reload }, session: { mainKey: 'mine' } });
  expect(await call('agents.list')).toMatchObject({ mainKey: 'mine' });
  const told = live.client;
  live.write({ gateway: { handshakeTimeoutMs: 8_000, reload }, hooks: { path: '/in' } });
  expect(await told.closed).toMatchObject({ code: 1012 });
  await live.says('config change requires gateway restart (');
  await ready(live.gateway);
  await live.connect(TOKEN);
});
