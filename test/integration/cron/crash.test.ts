/** Cron jobs when the gateway dies, is told to leave them alone, or its config changes (methods.md §9). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startFor, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { answerJson, providerConfig, startMockProvider } from '../../support/mock-provider.js';
import { answer } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';

const off = 'cron: scheduler disabled; jobs will not run automatically';
const saysOff = (gateway: TestGateway): number =>
  gateway.logLines().filter(({ message }) => message === off).length;

const add = (client: ControlClient, name: string, schedule: object): Promise<Record<string, unknown>> =>
  answer(client, 'cron.add', {
    name,
    schedule,
    sessionTarget: 'isolated',
    wakeMode: 'now',
    payload: { kind: 'agentTurn', message: name },
  });
const entries = async (client: ControlClient, id: unknown): Promise<readonly Record<string, unknown>[]> =>
  (await answer(client, 'cron.runs', { id })).entries as Record<string, unknown>[];

it('a run that a kill cuts off has ended once and is not repeated; what was missed begins once', async (test) => {
  const provider = await startMockProvider(() => {});
  test.onTestFinished(() => provider.stop());
  const config = { ...providerConfig(provider.baseUrl), gateway: { reload: { debounceMs: 50 } } };
  const stateDir = temporaryDir();
  const first = await startFor(test, { stateDir, config, env: { PLLAN_SKIP_CRON: '1' } });
  const before = await connectControl(first.wsUrl);
  expect(await answer(before, 'cron.status', {})).toMatchObject({ enabled: false, nextWakeAtMs: null });
  expect(saysOff(first)).toBe(1);
  const over = { kind: 'at', at: '2020-01-01' };
  const once = await add(before, 'once', over);
  const daily = await add(before, 'daily', { kind: 'cron', expr: '0 4 * * *', tz: 'UTC' });
  const missed = await add(before, 'missed', over);
  const { runId } = await answer(before, 'cron.run', { id: once.id });
  await answer(before, 'cron.run', { id: daily.id });
  // They are not to begin by themselves: one at a time, of those that were asked for.
  await waitFor('a turn', () => provider.calls.length === 1);
  expect((await answer(before, 'cron.get', { id: once.id })).state).toMatchObject({ runningRunId: runId });
  first.child.kill('SIGKILL');
  await first.exited;

  provider.behave(answerJson('Hi there'));
  const second = await startFor(test, { stateDir, config });
  const after = await connectControl(second.wsUrl);
  await waitFor('the missed one', async () => (await entries(after, missed.id)).length > 0);
  const error = 'interrupted: the gateway stopped before the run had ended';
  for (const { id } of [once, daily]) {
    expect(await entries(after, id)).toMatchObject([{ status: 'error', error, runAtMs: expect.any(Number) }]);
    expect((await answer(after, 'cron.get', { id })).state).not.toHaveProperty('runningAtMs');
  }
  expect((await entries(after, once.id))[0]).toMatchObject({ runId });
  expect(await answer(after, 'cron.get', { id: once.id })).toMatchObject({ enabled: false });
  expect(await answer(after, 'cron.get', { id: daily.id })).toMatchObject({
    enabled: true,
    state: { nextRunAtMs: expect.any(Number), consecutiveErrors: 1 },
  });
  expect(await entries(after, missed.id)).toMatchObject([{ status: 'ok', summary: 'Hi there' }]);
  // The first turn, and the missed one's.
  expect(provider.calls).toHaveLength(2);

  const path = join(stateDir, 'pllan.json');
  const edit = (cron: object): void => {
    const text = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...text, cron }));
  };
  const isOn = async (): Promise<unknown> => (await answer(after, 'cron.status', {})).enabled;
  edit({ enabled: false });
  await waitFor('it to be off', async () => (await isOn()) === false);
  await waitFor('the word', () => saysOff(second) === 2);
  const late = await add(after, 'late', over);
  edit({ enabled: true, maxConcurrentRuns: 2 });
  await waitFor('the late one', async () => (await entries(after, late.id)).length > 0);
  expect(await isOn()).toBe(true);
  expect(provider.calls).toHaveLength(3);
});

it('a stop lets a job finish, and begins no other', async (test) => {
  const stateDir = temporaryDir();
  const first = await startFor(test, { stateDir });
  const client = await connectControl(first.wsUrl);
  const slow = await add(client, '/wait 1000', { kind: 'at', at: '2020-01-01' });
  const next = await add(client, 'next', { kind: 'at', at: '2020-01-01' });
  await client.frame('start', ({ event, payload }) => event === 'agent' && payload?.stream === 'lifecycle');
  first.child.kill('SIGTERM');
  expect(await first.exited).toBe(0);
  const second = await startFor(test, { stateDir });
  const after = await connectControl(second.wsUrl);
  expect(await entries(after, slow.id)).toMatchObject([{ status: 'ok' }]);
  await waitFor('the other one', async () => (await entries(after, next.id)).length === 1);
});
