/** Whose address counts when there are proxies: for limits, logs and presence (http.md §14, protocol.md §1, §10). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, connectParams, openSocket } from '../../support/control-client.js';
import { refused } from '../../support/first-frame.js';
import { startFor, startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { requestOnce } from '../../support/request-once.js';
import { waitFor } from '../../support/wait-for.js';

const tui = { id: 'pllan-tui', version: '1', platform: 'linux', mode: 'ui' };
const rateLimit = { maxAttempts: 3, windowMs: 60_000, lockoutMs: 60_000 };
const auth = { mode: 'token', token: TOKEN, rateLimit };
const env = { PLLAN_MAX_PREAUTH_CONNECTIONS_PER_IP: '2' };

/** Behind a proxy on its own machine that it trusts. */
let trusting: TestGateway;
/** Behind one that it does not know of. */
let unaware: TestGateway;
beforeAll(async () => {
  [trusting, unaware] = await Promise.all([
    startGateway({ env, config: { gateway: { auth, trustedProxies: ['127.0.0.1', '10.0.0.0/8'] } } }),
    startGateway({ env, config: { gateway: { auth } } }),
  ]);
});
afterAll(() => Promise.all([trusting.stop(), unaware.stop()]));

const via = (chain: string): Record<string, string> => ({ 'x-forwarded-for': chain });

async function reasonOf(
  on: TestGateway,
  headers: Record<string, string>,
  token = 'a guess',
): Promise<unknown> {
  const params = connectParams({ client: tui, auth: { token } });
  const first = { type: 'req', id: 'first', method: 'connect', params };
  const { frames } = await refused(on.wsUrl, first, headers);
  return frames[0]?.error?.details?.authReason;
}

describe('behind a trusted proxy', () => {
  it('each client has a lock of its own, whatever it puts before its address', async () => {
    for (let n = 0; n < 3; n += 1)
      expect(await reasonOf(trusting, via(`198.51.100.${n}, 203.0.113.9, 10.0.0.7`))).toBe('token_mismatch');
    expect(await reasonOf(trusting, via('203.0.113.9'), TOKEN)).toBe('rate_limited');
    expect(await reasonOf(trusting, via('203.0.113.10'))).toBe('token_mismatch');
    const line = trusting.logLines().find(({ remote }) => remote === '203.0.113.9');
    expect(line).toMatchObject({ event: 'ws.refused', client: tui.id });
  });

  it('is not this machine, also when it says so', async () => {
    for (let n = 0; n < 3; n += 1) expect(await reasonOf(trusting, via('127.0.0.1'))).toBe('token_mismatch');
    expect(await reasonOf(trusting, via('127.0.0.1'))).toBe('rate_limited');
    const local = await connectControl(trusting.wsUrl);
    expect(local.hello.ok).toBe(true);
    await local.close();
  });

  it('each client has its share of sockets that have not authenticated', async () => {
    const strangers = await Promise.all([1, 2].map(() => openSocket(trusting.wsUrl, via('203.0.113.20'))));
    await expect(openSocket(trusting.wsUrl, via('203.0.113.20'))).rejects.toThrow('503');
    const other = await openSocket(trusting.wsUrl, via('203.0.113.21'));
    await Promise.all([...strangers, other].map((client) => client.close()));
  });

  it('presence shows the client', async () => {
    const client = await connectControl(trusting.wsUrl, {
      params: { client: tui },
      headers: via('203.0.113.30'),
    });
    const admin = await connectControl(trusting.wsUrl);
    const { payload } = await admin.call('system-presence');
    expect(payload).toContainEqual(expect.objectContaining({ host: tui.id, ip: '203.0.113.30' }));
    await Promise.all([client.close(), admin.close()]);
  });
});

describe('behind a proxy that is not trusted', () => {
  it('all clients are one, which is not this machine, and the log says so once', async () => {
    const told = (): number =>
      unaware.logLines().filter(({ event }) => event === 'port.untrusted-proxy').length;
    for (let n = 0; n < 3; n += 1)
      expect(await reasonOf(unaware, via(`203.0.113.${n}`))).toBe('token_mismatch');
    expect(await reasonOf(unaware, via('203.0.113.9'), TOKEN)).toBe('rate_limited');
    const page = { origin: 'http://localhost:5173', 'x-real-ip': '203.0.113.9' };
    expect(await reasonOf(unaware, page, TOKEN)).toBe('rate_limited');
    const local = await connectControl(unaware.wsUrl);
    expect(local.hello.ok).toBe(true);
    await local.close();
    await waitFor('the warning', () => told() === 1);
    expect(unaware.logLines().find(({ event }) => event === 'port.untrusted-proxy')).toMatchObject({
      peer: '127.0.0.1',
      message: expect.stringContaining('gateway.trustedProxies'),
    });
  });

  it('an HTTP request brings the same warning, once for all', async (test) => {
    const gateway = await startFor(test, { config: { gateway: { auth, workers: { count: 2 } } } });
    const told = (): number =>
      gateway.logLines().filter(({ event }) => event === 'port.untrusted-proxy').length;
    const headers = { ...via('203.0.113.9'), authorization: `Bearer ${TOKEN}` };
    for (let n = 0; n < 6; n += 1)
      expect((await requestOnce(`${gateway.url}/v1/models`, { headers })).status).toBe(200);
    await waitFor('the warning', () => told() === 1);
    await requestOnce(`${gateway.url}/metrics`, { headers });
    expect(await reasonOf(gateway, via('203.0.113.9'))).toBe('token_mismatch');
    expect(told()).toBe(1);
  });
});
