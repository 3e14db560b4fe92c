/** Strangers who are refused again and again must not fill the log (operations.md §6). */
import { expect, it } from 'vitest';
import { openSocket } from '../../support/control-client.js';
import { startFor, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { scrape } from '../../support/metrics.js';
import { within } from '../../support/wait-for.js';

async function refuse(gateway: TestGateway, frame: unknown, times: number): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    const client = await openSocket(gateway.wsUrl);
    client.send(frame);
    await within('close', client.closed);
  }
}

it('ten lines of a kind in a minute, then a count; other kinds are told as before', async (test) => {
  const gateway = await startFor(test, { stateDir: temporaryDir() });
  await refuse(gateway, '{}', 25);
  await refuse(gateway, { type: 'req', id: '1', method: 'health' }, 2);
  expect((await scrape(gateway.url)).total('pllan_ws_refused_total', { reason: 'invalid_frame' })).toBe(25);
  expect(await gateway.stop()).toBe(0);

  const messages = gateway
    .logLines()
    .flatMap(({ event, message }) => (event === 'ws.refused' ? [message] : []));
  expect(messages).toEqual([
    ...Array.from({ length: 10 }, () => 'gateway connect failed: invalid request frame'),
    ...Array.from(
      { length: 2 },
      () => 'gateway connect failed: invalid handshake: first request must be connect',
    ),
    'gateway connect failed: 15 more of kind invalid_frame',
  ]);
});
