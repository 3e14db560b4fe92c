import { expect, it } from 'vitest';
import { startFor } from '../../support/gateway.js';
import { HOOK_TOKEN, withHooks } from '../../support/hooks.js';
import { openRaw } from '../../support/raw-connection.js';
import { within } from '../../support/wait-for.js';

it('the body of a hook that does not come within 30 s is 408, and the connection ends (http.md §11.1)', async (test) => {
  const gateway = await startFor(test, { config: withHooks() });
  const connection = await openRaw(gateway.port);
  await connection.write(
    `POST /hooks/wake HTTP/1.1\r\nHost: x\r\nX-Pllan-Token: ${HOOK_TOKEN}\r\nContent-Length: 100\r\n\r\n{"te`,
  );
  const [answer] = await connection.answered(1, 50_000);
  expect([answer?.status, answer?.headers.connection]).toEqual([408, 'close']);
  expect(JSON.parse(answer?.body ?? '')).toEqual({ ok: false, error: 'request body timeout' });
  await within('the end of the connection', connection.ended);
});
