/** A job whose gateway died between the end of its run and its announcement. */
import { expect, it } from 'vitest';
import type { EndedJob, JobDelivery } from '../../../src/primary/cron/deliver.js';
import { recoverJob } from '../../../src/primary/cron/execute-job.js';
import type { CronDelivery, CronJob } from '../../../src/shared/store/cron-records.js';
import type { RunRecord, SessionKey } from '../../../src/shared/store/records.js';
import { every } from './cron-world.js';

const key = 'agent:main:main' as SessionKey;
const payload = { runId: 'R', status: 'ok', summary: 'completed', result: { payloads: [{ text: 'Rain' }] } };
const record = { runId: 'R', sessionKey: key, end: { endedAt: 2, status: 'ok', payload } };

async function recovered(
  delivery: CronDelivery,
  outcome: JobDelivery = { status: 'delivered' },
): Promise<{ run: object; announced: EndedJob[] }> {
  const announced: EndedJob[] = [];
  const state = { runningAtMs: 1, runningRunId: 'R' };
  const job: CronJob = { ...every(1_000), id: 'J', createdAtMs: 0, updatedAtMs: 0, delivery, state };
  const run = await recoverJob(
    job,
    { get: async () => record as unknown as RunRecord },
    { ended: async (_, ended) => (announced.push(ended), outcome) },
  );
  return { run, announced };
}

it('is announced after all, under the name of its run', async () => {
  const { run, announced } = await recovered({ mode: 'announce' });
  expect(announced).toMatchObject([{ runId: 'R', key, text: 'Rain' }]);
  expect(run).toMatchObject({ status: 'ok', runId: 'R', delivered: true, deliveryStatus: 'delivered' });
});

it('is an error where its channel is gone meanwhile, unless that does not matter', async () => {
  const gone = { status: 'not-delivered', error: 'unsupported channel: irc' } as const;
  const { run } = await recovered({ mode: 'announce' }, gone);
  expect(run).toMatchObject({ status: 'error', error: gone.error, delivered: false });
  const { run: another } = await recovered({ mode: 'announce', bestEffort: true }, gone);
  expect(another).toMatchObject({ status: 'ok', error: gone.error, deliveryStatus: 'not-delivered' });
});

it('is not posted to a webhook again', async () => {
  const { run, announced } = await recovered({ mode: 'webhook', to: 'https://hook' });
  expect(announced).toEqual([]);
  expect(run).toMatchObject({ status: 'ok', deliveryStatus: 'unknown' });
});
