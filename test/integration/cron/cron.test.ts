/** Cron jobs of a running gateway (methods.md §9): what clients ask and are told, what jobs do, who hears of it. */
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { answerJson, answerStatus, type MockProvider } from '../../support/mock-provider.js';
import { scrape } from '../../support/metrics.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import type { TestGateway } from '../../support/gateway.js';
import { answer, refusal, runTurn } from '../../support/session-calls.js';
import { event, fields, ofJob, turn } from './jobs.js';
import { refusedJobs } from './refused-jobs.js';
import { waitFor } from '../../support/wait-for.js';
import { startWebhookServer, type WebhookServer } from '../../support/webhook-server.js';

let gateway: TestGateway;
let provider: MockProvider;
let client: ControlClient;
let hook: WebhookServer;
/** A client may change jobs only so often: each test comes from an address of its own. */
let addresses = 1;

beforeAll(async () => {
  hook = await startWebhookServer();
  ({ gateway, provider } = await startWithProvider({
    env: { PLLAN_TEST_NETWORK: hook.network },
    config: {
      cron: { webhookToken: 'hook-token-0123456789', maxConcurrentRuns: 4 },
      tools: { profile: 'full' },
      channels: { webhook: { enabled: false } },
      agents: {
        defaults: { model: { primary: 'mock/m-1' }, models: { 'mock/m-1': {}, 'mock/m-2': {} } },
        list: [{ id: 'main' }, { id: 'mail' }],
      },
    },
  }));
});
afterAll(() => hook.stop());
beforeEach(async () => {
  addresses += 1;
  const connection = connect({ port: gateway.port, host: '127.0.0.1', localAddress: `127.0.0.${addresses}` });
  client = await connectControl(gateway.wsUrl, { connection });
  provider.behave(answerJson('Hi there'));
  hook.reset();
});

const add = (over: object = {}): Promise<Record<string, unknown>> => answer(client, 'cron.add', fields(over));
const finish = async (id: unknown): Promise<Record<string, unknown>> =>
  (await client.frame('the end of a job', ofJob(id, 'finished'))).payload as Record<string, unknown>;
/** Runs a job by hand, and gives its entry in the run log. */
async function ran(over: object = {}): Promise<Record<string, unknown>> {
  const { id } = await add(over);
  await answer(client, 'cron.run', { id });
  await finish(id);
  const { entries } = await answer(client, 'cron.runs', { id });
  expect(entries).toHaveLength(1);
  return (entries as Record<string, unknown>[])[0] as Record<string, unknown>;
}
const asked = (): string => JSON.stringify(provider.calls.at(-1)?.body);

describe('clients', () => {
  it('make, see, change and remove jobs, and are told', async () => {
    const before = await answer(client, 'cron.status', {});
    const job = await add({ name: 'first', description: 'to begin with' });
    const { id, createdAtMs } = job as { id: string; createdAtMs: number };
    expect(job).toEqual({
      ...fields({ name: 'first', description: 'to begin with' }),
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      enabled: true,
      createdAtMs: expect.any(Number),
      updatedAtMs: createdAtMs,
      state: { nextRunAtMs: createdAtMs + 86_400_000 },
    });
    expect(await answer(client, 'cron.get', { jobId: id })).toEqual(job);
    const status = await answer(client, 'cron.status', {});
    expect(status).toMatchObject({
      enabled: true,
      jobs: Number(before.jobs) + 1,
      nextWakeAtMs: expect.any(Number),
    });
    expect(status.storePath).toContain(gateway.stateDir);
    const patch = { schedule: { kind: 'every', everyMs: 5_000_000 }, description: null, enabled: false };
    const changed = await answer(client, 'cron.update', { id, patch });
    expect(changed).toMatchObject({ enabled: false, schedule: patch.schedule, state: {} });
    expect(changed).not.toHaveProperty('description');
    const elsewhere = { id, patch: { delivery: { mode: 'announce', channel: 'irc', to: '#a' } } };
    expect(await refusal(client, 'cron.update', elsewhere)).toContain('"irc" is not configured');
    const listed = async (params: object): Promise<unknown> =>
      ((await answer(client, 'cron.list', { query: id, ...params })).jobs as unknown[]).length;
    expect([
      await listed({}),
      await listed({ includeDisabled: true }),
      await listed({ enabled: 'disabled' }),
    ]).toEqual([0, 1, 1]);
    expect(await answer(client, 'cron.remove', { id })).toEqual({ ok: true, removed: true });
    const told = await client.frame('removal', ofJob(id, 'removed'));
    expect(told.payload).toEqual({ jobId: id, action: 'removed' });
    const mine = client.frames.filter((frame) => frame.event === 'cron' && frame.payload?.jobId === id);
    expect(mine.map(({ payload }) => payload?.action)).toEqual(['added', 'updated', 'removed']);
    expect(mine[0]?.payload?.job).toEqual(job);
  });

  it('see lists page by page, sorted and filtered', async () => {
    for (const name of ['page b', 'page a', 'page c']) await add({ name, agentId: 'mail' });
    const page = (over: object): Promise<Record<string, unknown>> =>
      answer(client, 'cron.list', { query: 'PAGE', sortBy: 'name', limit: 2, agentId: 'mail', ...over });
    const names = ({ jobs }: Record<string, unknown>): unknown[] =>
      (jobs as { name: string }[]).map(({ name }) => name);
    const first = await page({});
    expect(first).toMatchObject({ total: 3, offset: 0, limit: 2, hasMore: true, nextOffset: 2 });
    expect(names(first)).toEqual(['page a', 'page b']);
    const last = await page({ offset: 2 });
    expect(last).toMatchObject({ hasMore: false, nextOffset: null });
    expect(names(last)).toEqual(['page c']);
    expect(names(await page({ sortDir: 'desc' }))).toEqual(['page c', 'page b']);
  });

  it.each(refusedJobs)('are refused a job with %j', async (over, why) => {
    expect(await refusal(client, 'cron.add', fields(over))).toContain(
      `INVALID_REQUEST invalid cron.add params: ${why}`,
    );
  });

  it.each(['cron.get', 'cron.remove', 'cron.run', 'cron.runs', 'cron.update'])(
    'are told by %s that an id is missing, or is none',
    async (method) => {
      const patch = method === 'cron.update' ? { patch: {} } : {};
      expect(await refusal(client, method, patch)).toBe(
        `INVALID_REQUEST invalid ${method} params: missing id`,
      );
      const { error } = await client.call(method, { id: 'no-such', ...patch });
      expect(error).toMatchObject({
        code: 'INVALID_REQUEST',
        message: 'cron job not found: no-such',
        details: { code: 'CRON_JOB_NOT_FOUND', jobId: 'no-such' },
      });
    },
  );

  it('who may only read see no address of a webhook, and change nothing', async () => {
    const { id } = await add({ delivery: { mode: 'webhook', to: hook.url } });
    const reader = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.read'] } });
    expect(await answer(reader, 'cron.get', { id })).toMatchObject({ delivery: { to: '[redacted]' } });
    expect(await answer(client, 'cron.get', { id })).toMatchObject({ delivery: { to: hook.url } });
    expect((await answer(reader, 'cron.status', {})).storePath).toBe('[redacted]');
    for (const method of ['cron.add', 'cron.update', 'cron.remove', 'cron.run'])
      expect(await refusal(reader, method, {})).toBe('FORBIDDEN missing scope: operator.admin');
    await answer(client, 'cron.update', { id, patch: { name: 'renamed' } });
    const told = await reader.frame('change', ofJob(id, 'updated'));
    expect(JSON.stringify(told)).not.toContain('hidden');
  });
});

describe('a turn', () => {
  it('that is isolated has a session of its own each time', async () => {
    const { id } = await add();
    const keys: unknown[] = [];
    for (let n = 0; n < 2; n += 1) {
      const { runId, enqueued } = await answer(client, 'cron.run', { id });
      expect(enqueued).toBe(true);
      const end = await client.frame(
        'end',
        (frame) => ofJob(id, 'finished')(frame) && frame.payload?.runId === runId,
      );
      expect(end.payload).toMatchObject({
        status: 'ok',
        summary: 'Hi there',
        deliveryStatus: 'not-requested',
      });
      keys.push(end.payload?.sessionKey);
      expect(JSON.parse(asked()).messages).toEqual([expect.objectContaining({ content: 'What is new?' })]);
    }
    const { entries, total } = await answer(client, 'cron.runs', { id });
    expect(total).toBe(2);
    const [last] = entries as Record<string, unknown>[];
    expect(last).toMatchObject({
      jobId: id,
      action: 'finished',
      status: 'ok',
      provider: 'mock',
      model: 'm-1',
      usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
      sessionKey: keys[1],
      nextRunAtMs: expect.any(Number),
    });
    expect(last?.sessionKey).toBe(`agent:main:cron:${String(id)}:run:${String(last?.sessionId)}`);
    expect(new Set(keys).size).toBe(2);
    const { messages } = await answer(client, 'chat.history', { sessionKey: keys[0] });
    expect(messages).toHaveLength(2);
  });

  it.each([
    ['a session that is named', { sessionTarget: 'session:notes' }, 'agent:main:notes'],
    [
      'the session of its maker',
      { sessionTarget: 'current', sessionKey: 'agent:mail:talk', agentId: 'mail' },
      'agent:mail:talk',
    ],
  ])('in %s goes on with what was said there', async (_which, over, key) => {
    await runTurn(client, `Before ${key}`, key);
    expect(await ran(over)).toMatchObject({ status: 'ok', sessionKey: key });
    expect(asked()).toContain(`Before ${key}`);
  });

  it('has the model that it names, else those that come after it', async () => {
    provider.behave((call) =>
      call.body.model === 'm-2' ? answerStatus(503, {})(call) : answerJson('Late')(call),
    );
    const payload = { ...turn, model: 'mock/m-2', fallbacks: ['mock/m-1'] };
    expect(await ran({ payload })).toMatchObject({ status: 'ok', summary: 'Late', model: 'm-1' });
    expect(await ran({ payload: { ...turn, model: 'mock/none' } })).toMatchObject({
      status: 'error',
      error: 'model not allowed: mock/none',
    });
  });

  it('has of its tools those that it may have', async () => {
    const offered = (): unknown[] =>
      (provider.calls.at(-1)?.body.tools as { function: { name: string } }[] | undefined)?.map(
        ({ function: { name } }) => name,
      ) ?? [];
    await ran();
    expect(offered()).toContain('write');
    await ran({ payload: { ...turn, toolsAllow: ['read', 'web_*'] } });
    expect(offered()).toEqual(['read', 'web_fetch']);
  });

  it('that fails says why, and is tried later', async () => {
    provider.behave(answerStatus(400, { error: { message: 'no such thing' } }));
    const entry = await ran();
    expect(entry).toMatchObject({ status: 'error', error: expect.any(String) });
    const job = await answer(client, 'cron.get', { id: entry.jobId });
    expect(job.state).toMatchObject({ consecutiveErrors: 1, lastStatus: 'error', lastError: entry.error });
  });

  it('that takes too long ends', async () => {
    provider.behave(() => {});
    expect(await ran({ payload: { ...turn, timeoutSeconds: 1 } })).toMatchObject({
      status: 'error',
      error: 'timed out',
    });
  });

  it('runs once at a time', async () => {
    provider.behave(() => {});
    const { id } = await add();
    const { runId } = await answer(client, 'cron.run', { id });
    expect(await answer(client, 'cron.run', { id })).toEqual({
      ok: true,
      ran: false,
      reason: 'already-running',
    });
    const { sessionKey } = (
      await client.frame('start', ({ event, payload }) => event === 'agent' && payload?.runId === runId)
    ).payload as { sessionKey: string };
    await answer(client, 'chat.abort', { sessionKey });
    expect(await finish(id)).toMatchObject({ status: 'error', error: 'aborted (rpc)' });
    expect(await answer(client, 'cron.run', { id, mode: 'due' })).toEqual({
      ok: true,
      ran: false,
      reason: 'not-due',
    });
  });
});

describe('a system event', () => {
  it.each([
    ['is shown to the next turn', 'next-heartbeat', 'agent:mail:main', { agentId: 'mail' }],
    ['is for the session that is named', 'next-heartbeat', 'agent:main:diary', { sessionKey: 'diary' }],
  ])('%s', async (_how, wakeMode, key, over) => {
    const calls = provider.calls.length;
    const payload = { kind: 'systemEvent', text: `Rain for ${key}` };
    expect(await ran({ ...event, ...over, payload, wakeMode })).toMatchObject({
      status: 'ok',
      sessionKey: key,
    });
    expect(provider.calls).toHaveLength(calls);
    await runTurn(client, 'news?', key);
    expect(asked()).toContain(`System: Rain for ${key}`);
  });

  it('for now is followed by a turn', async () => {
    await ran({ ...event, payload: { kind: 'systemEvent', text: 'Fire' }, wakeMode: 'now' });
    await waitFor('the turn', () => asked().includes('System: Fire'));
  });
});

describe('a webhook', () => {
  it('is posted how a run has ended', async () => {
    const entry = await ran({ delivery: { mode: 'webhook', to: hook.url } });
    expect(entry).toMatchObject({ status: 'ok', delivered: true, deliveryStatus: 'delivered' });
    expect(hook.posted).toHaveLength(1);
    expect(hook.posted[0]).toMatchObject({
      headers: { authorization: 'Bearer hook-token-0123456789', 'content-type': 'application/json' },
      body: { jobId: entry.jobId, action: 'finished', status: 'ok', summary: 'Hi there', runId: entry.runId },
    });
  });

  it('that has no time is asked again', async () => {
    hook.answerWith(503);
    expect(await ran({ delivery: { mode: 'webhook', to: hook.url } })).toMatchObject({
      status: 'ok',
      delivered: true,
    });
    expect(hook.posted).toHaveLength(2);
  });

  it.each([
    ['says no', () => hook.url, [404], 'webhook: the server answered 404', 1],
    ['leads elsewhere', () => hook.url, [302], 'webhook: the server answered 302', 1],
    [
      'is not on the public internet',
      () => 'http://10.0.0.1/x',
      [],
      'webhook: the host is not on the public internet',
      0,
    ],
    [
      'is a name of the local network',
      () => 'http://localhost/x',
      [],
      'webhook: the host is a name of the local network',
      0,
    ],
  ])('that %s fails the run, unless that does not matter', async (_how, to, answers, error, calls) => {
    hook.answerWith(...answers, ...answers);
    const delivery = { mode: 'webhook', to: to() };
    expect(await ran({ delivery })).toMatchObject({ status: 'error', error, delivered: false });
    const entry = await ran({ delivery: { ...delivery, bestEffort: true } });
    expect(entry).toMatchObject({ status: 'ok', error, deliveryStatus: 'not-delivered' });
    expect(hook.posted).toHaveLength(2 * calls);
  });

  it('hears of jobs that fail again and again, once', async () => {
    provider.behave(answerStatus(400, {}));
    const { id } = await add({ name: 'sick', failureAlert: { mode: 'webhook', to: hook.url, after: 2 } });
    for (let n = 0; n < 3; n += 1) {
      const { runId } = await answer(client, 'cron.run', { id });
      await client.frame('end', (frame) => ofJob(id, 'finished')(frame) && frame.payload?.runId === runId);
    }
    await waitFor('the alert', () => hook.posted.length > 0);
    expect(hook.posted.map(({ body }) => body)).toEqual([
      { jobId: id, action: 'failure-alert', name: 'sick', consecutiveErrors: 2, error: expect.any(String) },
    ]);
  });
});

it('an announcement without a channel fails the run, unless that does not matter', async () => {
  const error = expect.stringContaining('delivery channel is required');
  expect(await ran({ delivery: { mode: 'announce' } })).toMatchObject({ status: 'error', error });
  const entry = await ran({ delivery: { mode: 'announce', bestEffort: true } });
  expect(entry).toMatchObject({ status: 'ok', deliveryStatus: 'not-delivered' });
});

it('run logs are searched, of one job and of all', async () => {
  provider.behave(answerJson('Needle in hay'));
  const entry = await ran();
  const found = async (params: object): Promise<unknown[]> =>
    ((await answer(client, 'cron.runs', params)).entries as { jobId: string }[]).map(({ jobId }) => jobId);
  expect(await found({ scope: 'all', query: 'NEEDLE' })).toEqual([entry.jobId]);
  expect(await found({ scope: 'all', query: 'needle', status: 'error' })).toEqual([]);
  expect((await found({ scope: 'all', limit: 1 })).length).toBe(1);
  expect(await found({ id: entry.jobId, status: 'ok' })).toEqual([entry.jobId]);
  expect(entry.jobName).toBe('news');
});

it('a job begins by itself when its time is over already, and is gone when it has succeeded', async () => {
  const schedule = { kind: 'at', at: '2020-01-01T00:00' };
  const { id } = await add({ schedule, deleteAfterRun: true });
  expect(await finish(id)).toMatchObject({ status: 'ok' });
  await client.frame('removal', ofJob(id, 'removed'));
  expect(await refusal(client, 'cron.get', { id })).toContain('cron job not found');
});

it('runs are counted', async () => {
  const metrics = await scrape(gateway.url);
  expect(metrics.total('pllan_cron_runs_total', { status: 'ok' })).toBeGreaterThan(0);
  expect(metrics.total('pllan_cron_due_lag_seconds_count')).toBeGreaterThan(0);
});
