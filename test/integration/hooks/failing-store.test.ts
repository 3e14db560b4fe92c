/** A hook that cannot be stored is told so, and is not lost: the same request again is the same run (http.md §11.3). */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { startFor, temporaryDir } from '../../support/gateway.js';
import { postHook, runIdOf, told, withHooks } from '../../support/hooks.js';
import { answer } from '../../support/session-calls.js';
import { mountSmallDisk } from '../../support/small-disk.js';

it('is 502 as long as nothing can be written', async (test) => {
  const disk = mountSmallDisk(test, 2_048);
  const file = join(temporaryDir(), 'gateway.log');
  const gateway = await startFor(test, { stateDir: disk.dir, config: withHooks({}, { logging: { file } }) });
  const filler = disk.fill();
  const body = { message: 'Go', idempotencyKey: 'again', wakeMode: 'next-heartbeat' };
  const error = 'the hook could not be stored';
  const [status, refused] = await told(postHook(gateway, 'agent', body));
  expect([status, refused]).toEqual([502, { ok: false, error, runId: expect.any(String) }]);
  expect(await told(postHook(gateway, 'wake', { text: 'x' }))).toEqual([502, { ok: false, error }]);
  rmSync(filler);
  const runId = await runIdOf(postHook(gateway, 'agent', body));
  expect(runId).toBe((refused as { runId: string }).runId);
  const client = await connectControl(gateway.wsUrl);
  expect(await answer(client, 'agent.wait', { runId })).toMatchObject({ status: 'ok' });
});
