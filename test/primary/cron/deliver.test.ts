/** Where a job's announcement goes. */
import { expect, it } from 'vitest';
import { createJobDeliveries } from '../../../src/primary/cron/deliver.js';
import { createLogger } from '../../../src/shared/log/logger.js';
import type { CronJob } from '../../../src/shared/store/cron-records.js';
import type { SessionKey } from '../../../src/shared/store/records.js';
import { every } from './cron-world.js';

const main = 'agent:main:main' as SessionKey;

/** The session that `last` is asked of. */
async function askedOf(sessionTarget: CronJob['sessionTarget'], key: string): Promise<unknown> {
  const asked: SessionKey[] = [];
  const deliveries = createJobDeliveries({
    deliveries: {
      enqueue: () => Promise.reject(new Error('nothing is sent')),
      lastRoute: async (of) => void asked.push(of),
      ownerRoute: () => undefined,
      routeTo: () => '',
    },
    workers: { ask: () => Promise.reject(new Error('no worker is asked')) },
    webhookToken: () => null,
    mainKeyOf: () => main,
    log: createLogger({ sink: { write: () => {} }, level: 'info', subsystem: 'test' }),
    stopping: new AbortController().signal,
  });
  const job = { ...every(1_000), sessionTarget, delivery: { mode: 'announce' } } as CronJob;
  const run = { runId: 'R', key: key as SessionKey, text: 'Rain', event: {} };
  expect(await deliveries.ended(job, run)).toMatchObject({ status: 'not-delivered' });
  return asked;
}

it('is the last conversation of its session; nobody has ever written in one that was made for it', async () => {
  expect(await askedOf('session:notes', 'agent:main:notes')).toEqual(['agent:main:notes']);
  expect(await askedOf('isolated', 'agent:main:cron:J:run:S')).toEqual([main]);
});
