/** Cron jobs. */
import * as v from 'valibot';
import { expect } from 'vitest';
import { maybe, moment, natural, nullable, text, uuid } from '../primitives.js';
import { expectOk, ok, type Calls, type Story } from './call.js';

const status = v.picklist(['ok', 'error', 'skipped']);
const Job = v.looseObject({
  id: text,
  name: text,
  enabled: v.boolean(),
  createdAtMs: moment,
  updatedAtMs: moment,
  schedule: v.looseObject({ kind: v.picklist(['at', 'every', 'cron']) }),
  sessionTarget: text,
  wakeMode: v.picklist(['now', 'next-heartbeat']),
  payload: v.looseObject({ kind: v.picklist(['systemEvent', 'agentTurn']) }),
  state: v.looseObject({
    nextRunAtMs: maybe(moment),
    runningAtMs: maybe(moment),
    lastRunAtMs: maybe(moment),
    lastStatus: maybe(status),
    consecutiveErrors: maybe(natural),
  }),
});
const Page = {
  total: natural,
  offset: natural,
  limit: natural,
  hasMore: v.boolean(),
  nextOffset: nullable(natural),
};
const Entry = v.looseObject({
  ts: moment,
  jobId: text,
  action: v.literal('finished'),
  status: maybe(status),
  runId: maybe(uuid),
  sessionKey: maybe(text),
  runAtMs: maybe(moment),
  durationMs: maybe(natural),
});

export const CronEvent = v.looseObject({
  jobId: text,
  action: v.picklist(['added', 'updated', 'removed', 'started', 'finished']),
  job: maybe(Job),
  status: maybe(status),
});

/** The job that all calls are about. */
async function jobOf({ client, key }: Story): Promise<string> {
  const page = await expectOk(
    client,
    'cron.list',
    { query: key, includeDisabled: true },
    v.looseObject({ jobs: v.array(Job), ...Page }),
  );
  return String((page.jobs as { readonly id: string }[])[0]?.id);
}

export const cronCalls: Calls = {
  'cron.add': async ({ client, key }) => {
    const job = {
      name: key,
      schedule: { kind: 'cron', expr: '0 4 * * 1', tz: 'UTC', staggerMs: 1_000 },
      sessionTarget: 'isolated',
      wakeMode: 'next-heartbeat',
      payload: { kind: 'agentTurn', message: 'Hello', timeoutSeconds: 60, lightContext: true },
      delivery: { mode: 'none' },
    };
    expect(await expectOk(client, 'cron.add', job, Job)).toMatchObject(job);
  },
  'cron.list': async (story) => {
    expect(await jobOf(story)).not.toBe('undefined');
    const shown = { limit: 1, sortBy: 'name', sortDir: 'desc', compact: true, enabled: 'all' };
    await expectOk(story.client, 'cron.list', shown, v.looseObject({ jobs: v.array(Job), ...Page }));
  },
  'cron.get': async (story) => {
    const id = await jobOf(story);
    const job = await expectOk(story.client, 'cron.get', { id }, Job);
    expect(await expectOk(story.client, 'cron.get', { jobId: id }, Job)).toEqual(job);
    const unknown = await story.client.call('cron.get', { id: 'nobody' });
    expect(unknown).toMatchObject({
      ok: false,
      error: { details: { code: 'CRON_JOB_NOT_FOUND', jobId: 'nobody' } },
    });
  },
  'cron.update': async (story) => {
    const params = { id: await jobOf(story), patch: { description: 'of the client', enabled: false } };
    expect(await expectOk(story.client, 'cron.update', params, Job)).toMatchObject(params.patch);
  },
  'cron.run': async (story) => {
    const { client } = story;
    const jobId = await jobOf(story);
    expect(await expectOk(client, 'cron.run', { jobId, mode: 'due' }, ok)).toMatchObject({
      ran: false,
      reason: 'not-due',
    });
    const { runId } = await expectOk(
      client,
      'cron.run',
      { jobId },
      v.looseObject({ ok: v.literal(true), enqueued: v.literal(true), runId: text }),
    );
    await client.event(({ event, payload }) => {
      const told = payload as { readonly action?: string; readonly runId?: string };
      return event === 'cron' && told.action === 'finished' && told.runId === runId;
    });
  },
  'cron.runs': async (story) => {
    const runs = v.looseObject({ entries: v.array(Entry), ...Page });
    const { entries } = await expectOk(story.client, 'cron.runs', { id: await jobOf(story) }, runs);
    expect(entries).toHaveLength(1);
    await expectOk(story.client, 'cron.runs', { scope: 'all', limit: 1, status: 'ok', sortDir: 'asc' }, runs);
  },
  'cron.status': async ({ client }) =>
    void (await expectOk(
      client,
      'cron.status',
      {},
      v.looseObject({ enabled: v.boolean(), storePath: text, jobs: natural, nextWakeAtMs: nullable(moment) }),
    )),
  'cron.remove': async (story) => {
    const removed = v.looseObject({ ok: v.literal(true), removed: v.literal(true) });
    await expectOk(story.client, 'cron.remove', { id: await jobOf(story) }, removed);
  },
};
