/** A gateway that has its port and is not ready to take clients: what a crash left is put in order first (protocol.md §4.4). */
import { expect, it } from 'vitest';
import { postChat } from '../../support/chat.js';
import { connectControl, connectParams } from '../../support/control-client.js';
import { refused } from '../../support/first-frame.js';
import { startFor } from '../../support/gateway.js';
import { requestOnce } from '../../support/request-once.js';
import { interruptedRun, seedStore } from '../../support/seed-store.js';
import { onSession, say } from '../../support/session-chat.js';
import { waitFor } from '../../support/wait-for.js';

it('gateway still starting: a connect is answered and closes 1013, probes answer, then it is let in', async (test) => {
  const runs = Array.from({ length: 1_000 }, (_, n) => interruptedRun(`run-${n}`));
  const gateway = await startFor(test, { stateDir: await seedStore(runs), started: false });
  await gateway.prints(/listening on ws:/);
  const first = { type: 'req', id: 'first', method: 'connect', params: connectParams() };
  expect(await refused(gateway.wsUrl, first)).toEqual({
    frames: [
      {
        type: 'res',
        id: 'first',
        ok: false,
        error: {
          code: 'UNAVAILABLE',
          message: 'gateway starting; retry shortly',
          details: { reason: 'startup-sidecars' },
          retryable: true,
          retryAfterMs: 500,
        },
      },
    ],
    close: { code: 1013, reason: 'gateway starting' },
  });
  expect((await requestOnce(`${gateway.url}/healthz`)).status).toBe(200);
  const { status, body } = await requestOnce(`${gateway.url}/readyz`);
  expect({ status, body }).toMatchObject({ status: 503, body: expect.stringContaining('startup-sidecars') });
  const stranger = { headers: { host: 'gateway.test' } };
  expect(await requestOnce(`${gateway.url}/readyz`, stranger)).toMatchObject({
    status: 503,
    body: '{"ready":false}',
  });
  expect(await requestOnce(`${gateway.url}/startupz`)).toMatchObject({
    status: 503,
    body: '{"ok":false,"status":"starting"}',
  });
  const completion = await postChat(gateway, say('Hi'), { ...onSession('a'), 'idempotency-key': 'k' });
  expect([200, 503]).toContain(completion.status);
  const client = await waitFor(
    'to be let in',
    async () => {
      const again = await connectControl(gateway.wsUrl);
      return again.hello.ok === true && again;
    },
    50_000,
  );
  const repeat = { message: 'Hi', idempotencyKey: 'run-0' };
  expect(await client.call('agent', repeat)).toMatchObject({ ok: false, payload: { status: 'error' } });
  await client.close();
});
