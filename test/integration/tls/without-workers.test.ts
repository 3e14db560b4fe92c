/** Under TLS and without any worker the primary ends TLS itself, for its own paths and for upgrades (architecture, «Port»). */
import { expect, it } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { startFor, type TestGateway } from '../../support/gateway.js';
import { askTls, connectTls, withTls } from '../../support/tls.js';
import { waitFor } from '../../support/wait-for.js';

/** Stops the only worker as a debugger does, and waits until the primary gives it no connections any more. */
async function freezeWorker(gateway: TestGateway): Promise<number> {
  const [pid = 0] = gateway.workers();
  process.kill(pid, 'SIGSTOP');
  await waitFor('the primary to notice', () =>
    gateway.logLines().some(({ event }) => event === 'worker.silent'),
  );
  return pid;
}

it('probes, metrics and WebSockets go on, and other requests are told to come again', async (test) => {
  const { tls } = withTls.gateway;
  const gateway = await startFor(test, { config: { gateway: { tls, workers: { count: 1 } } } });
  const pid = await freezeWorker(gateway);
  expect(await askTls(gateway, { path: '/healthz' })).toMatchObject({ status: 200 });
  expect(await askTls(gateway, { path: '/readyz' })).toMatchObject({ status: 503 });
  expect(await askTls(gateway, { path: '/metrics' })).toMatchObject({ status: 200 });
  for (const path of ['/v1/models', '/nothing']) {
    const refused = await askTls(gateway, { path });
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.body)).toMatchObject({ error: { type: 'service_unavailable' } });
  }
  const clients = await Promise.all(
    Array.from({ length: 8 }, async () =>
      connectControl(gateway.wsUrl, { connection: await connectTls(gateway) }),
    ),
  );
  for (const { hello } of clients) expect(hello.payload?.auth).toMatchObject({ scopes: ['operator.admin'] });
  process.kill(pid, 'SIGKILL');
  await waitFor('another worker', async () => (await askTls(gateway, { path: '/v1/models' })).status === 200);
  // They live in the primary: no worker's end is theirs.
  for (const client of clients) expect((await client.call('health')).ok).toBe(true);
  await Promise.all(clients.map((client) => client.close()));
});

it('a handshake that a frozen worker was offered is not lost', async (test) => {
  const { tls } = withTls.gateway;
  const gateway = await startFor(test, { config: { gateway: { tls, workers: { count: 1 } } } });
  const [pid = 0] = gateway.workers();
  process.kill(pid, 'SIGSTOP');
  const answers = await Promise.all(Array.from({ length: 20 }, () => askTls(gateway, { path: '/healthz' })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  process.kill(pid, 'SIGCONT');
});
