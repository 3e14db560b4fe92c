/** A stop while runs go on: they may end, but not take longer than a stop waits (runs-and-events.md §17). */
import { expect, it } from 'vitest';
import { ended, endsOf, sendTurn, started } from '../../support/chat-turns.js';
import { connectControl } from '../../support/control-client.js';
import { startFor } from '../../support/gateway.js';
import { newKey, ofRun } from '../../support/run-story.js';
import { waitFor, within } from '../../support/wait-for.js';

it('restart during run: drain up to the limit, then aborted with stopReason restart, then shutdown', async (test) => {
  const gateway = await startFor(test);
  const client = await connectControl(gateway.wsUrl);
  const [short, long] = [
    await sendTurn(client, newKey(), '/wait 1500'),
    await sendTurn(client, newKey(), '/wait 90000'),
  ];
  await Promise.all([started(client, short), started(client, long)]);
  gateway.child.kill('SIGTERM');
  expect(await ended(client, short)).toMatchObject({ state: 'final' });
  expect(endsOf(client, long)).toEqual([]);
  const last = await waitFor(
    'the end of the drain',
    () => client.frames.find((frame) => frame.payload?.state === 'aborted' && ofRun(long)(frame)),
    40_000,
  );
  expect(last.payload).toMatchObject({ stopReason: 'restart' });
  expect(await within('close', client.closed)).toEqual({ code: 1012, reason: 'service restart' });
  expect(client.frames.at(-1)).toMatchObject({ event: 'shutdown' });
  expect(endsOf(client, long)).toEqual(['aborted']);
  expect(await within('exit', gateway.exited)).toBe(0);
});
