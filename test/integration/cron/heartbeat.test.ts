/** Heartbeats of a running gateway (runs-and-events.md §16): when they are left out, what comes of them, who is shown what. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Frame } from '../../support/control-client.js';
import { startLiveConfig, type LiveConfig } from '../../support/live-config.js';
import {
  answerJson,
  answerStatus,
  providerConfig,
  startMockProvider,
  type MockProvider,
} from '../../support/mock-provider.js';
import { answer, runTurn } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';

let provider: MockProvider;
let live: LiveConfig;
let workspace: string;
let from = 0;

const base = (heartbeat: object, over: object = {}): Record<string, unknown> => {
  const { models, agents } = providerConfig(provider.baseUrl) as Record<string, { defaults?: object }>;
  const defaults = { ...agents?.defaults, workspace, heartbeat: { target: 'none', ...heartbeat } };
  return { models, agents: { defaults }, ...over };
};

beforeAll(async () => {
  provider = await startMockProvider();
  live = await startLiveConfig();
  workspace = join(live.gateway.stateDir, 'desk');
  mkdirSync(workspace);
});
afterAll(async () => {
  await live.stop();
  await provider.stop();
});
beforeEach(async () => {
  await live.apply(base({ every: '0m' }, { meta: { lastTouchedAt: new Date().toISOString() } }));
  rmSync(join(workspace, 'HEARTBEAT.md'), { force: true });
  await answer(live.client, 'set-heartbeats', { enabled: true });
  provider.behave(answerJson('HEARTBEAT_OK'));
  from = live.client.frames.length;
});

const file = (text: string): void => writeFileSync(join(workspace, 'HEARTBEAT.md'), text);
/** The first heartbeat from here on, of an agent that has one every second. */
async function beats(heartbeat: object = {}, over: object = {}): Promise<Record<string, unknown>> {
  await live.apply(base({ every: '1s', ...heartbeat }, over));
  const beat = await waitFor('a heartbeat', () =>
    live.client.frames.slice(from).find(({ event }) => event === 'heartbeat'),
  );
  return beat.payload as Record<string, unknown>;
}
const logged = (line: string): Promise<boolean> =>
  waitFor('the log', () => live.gateway.logLines().some(({ message }) => message === line));
const alwaysOff = { start: '00:00', end: '00:00' };
const silent = { channels: { defaults: { heartbeat: { showAlerts: false, useIndicator: false } } } };

it.each([
  ['quiet-hours', { activeHours: alwaysOff }, {}, undefined],
  ['alerts-disabled', {}, silent, undefined],
  ['empty-heartbeat-file', {}, {}, '# Look after\n\n- [ ]\n<!-- nothing -->\n'],
  ['no-route', { target: 'owner' }, {}, undefined],
  ['no-route', { target: 'last' }, {}, undefined],
] as const)('is left out: %s', async (reason, heartbeat, over, text) => {
  if (text !== undefined) file(text);
  const calls = provider.calls.length;
  expect(await beats(heartbeat, over)).toMatchObject({ status: 'skipped', reason, agentId: 'main' });
  expect(provider.calls).toHaveLength(calls);
  expect(await answer(live.client, 'last-heartbeat', {})).toMatchObject({ status: 'skipped', reason });
  await logged(`heartbeat skipped reason=${reason}`);
});

it('is left out: disabled, until it is switched on', async () => {
  await answer(live.client, 'set-heartbeats', { enabled: false });
  expect(await beats()).toMatchObject({ status: 'skipped', reason: 'disabled' });
  const row = async (): Promise<unknown> =>
    ((await answer(live.client, 'status', {})).heartbeat as { agents: object[] }).agents[0];
  expect(await row()).toMatchObject({ enabled: false, every: '1s', everyMs: 1_000 });
  await answer(live.client, 'set-heartbeats', { enabled: true });
  from = live.client.frames.length;
  expect(await beats()).toMatchObject({ status: 'ok-token' });
  expect(await row()).toMatchObject({ agentId: 'main', enabled: true });
});

it('is left out: requests-in-flight', async () => {
  provider.behave(() => {});
  live.client.send({
    type: 'req',
    id: 'busy',
    method: 'agent',
    params: { message: 'x', idempotencyKey: 'busy', sessionKey: 'main' },
  });
  await live.client.frame('start', ({ event, payload }) => event === 'agent' && payload?.runId === 'busy');
  expect(await beats()).toMatchObject({ status: 'skipped', reason: 'requests-in-flight' });
  await logged('heartbeat skipped reason=requests-in-flight');
  await answer(live.client, 'chat.abort', { sessionKey: 'main' });
});

it('that finds nothing leaves nothing: no line, no word, and no later turn is shown it', async () => {
  file('Look after the cat.');
  provider.behave(answerJson('**HEARTBEAT_OK** all is quiet'));
  expect(await beats({ activeHours: { start: '00:00', end: '24:00' } })).toMatchObject({
    status: 'ok-token',
    indicatorType: 'ok',
  });
  expect(JSON.stringify(provider.calls.at(-1)?.body)).toContain('Look after the cat.');
  await live.apply(base({ every: '0m' }));
  const told = live.client.frames.slice(from).filter(({ event }: Frame) => event === 'chat');
  expect(told.every(({ payload }) => payload?.state === 'final' && payload.message === undefined)).toBe(true);
  expect(
    live.client.frames
      .slice(from)
      .filter(({ event, payload }) => event === 'agent' && payload?.isHeartbeat !== true),
  ).toEqual([]);
  provider.behave(answerJson('Hi'));
  await runTurn(live.client, 'hello', 'main');
  expect(JSON.stringify(provider.calls.at(-1)?.body)).not.toMatch(/cat|HEARTBEAT/);
  const { messages } = await answer(live.client, 'chat.history', { sessionKey: 'main' });
  expect(JSON.stringify(messages)).not.toMatch(/cat|HEARTBEAT/);
});

it('that finds something says so, and the conversation has it', async () => {
  provider.behave(answerJson('HEARTBEAT_OK but the cat is hungry: feed it.'));
  expect(await beats({ ackMaxChars: 5 })).toMatchObject({
    status: 'sent',
    indicatorType: 'alert',
    channel: 'webchat',
    preview: 'but the cat is hungry: feed it.',
  });
  const { messages } = await answer(live.client, 'chat.history', { sessionKey: 'main' });
  expect(JSON.stringify(messages)).toContain('the cat is hungry');
});

it('that fails says so', async () => {
  provider.behave(answerStatus(400, {}));
  expect(await beats()).toMatchObject({
    status: 'failed',
    indicatorType: 'error',
    message: expect.any(String),
  });
});

it('has tasks of its own, each by its own clock', async () => {
  const tasks = ['constructor', '__proto__', 'cat'].map(
    (name) => `- name: ${name}\n  interval: 1h\n  prompt: "Feed the ${name}"\n`,
  );
  file(`tasks:\n${tasks.join('')}\n# More\nBe kind.`);
  expect(await beats()).toMatchObject({ status: 'ok-token' });
  expect(JSON.stringify(provider.calls.at(-1)?.body)).toMatch(
    /constructor: Feed.*__proto__: Feed.*cat: Feed the cat.*Be kind/,
  );
  const next = await waitFor('the next', () =>
    live.client.frames.slice(from).find(({ event, payload }) => event === 'heartbeat' && payload?.reason),
  );
  expect(next.payload).toMatchObject({ status: 'skipped', reason: 'no-tasks-due' });
  await logged('heartbeat skipped reason=no-tasks-due');
});

it('wakes an agent now, or with its next turn', async () => {
  const calls = provider.calls.length;
  await answer(live.client, 'wake', { mode: 'next-heartbeat', text: 'Rain' });
  expect(provider.calls).toHaveLength(calls);
  await answer(live.client, 'wake', { mode: 'now', text: 'Fire' });
  const beat = await live.client.frame(
    'the wake',
    ({ event, payload }) => event === 'heartbeat' && payload?.reason === 'wake',
  );
  expect(beat.payload).toMatchObject({ status: 'ok-token' });
  expect(JSON.stringify(provider.calls.at(-1)?.body)).toMatch(/System: Rain.*System: Fire/);
});
