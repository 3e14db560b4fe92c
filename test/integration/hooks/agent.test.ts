/** `POST /hooks/agent` (http.md §11.3): every field, every answer, and what becomes of the run. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { channelIds } from '../../../src/shared/config/channel-ids.js';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startFor, startGateway, type TestGateway } from '../../support/gateway.js';
import { postHook, runIdOf, saidIn, told, withHooks } from '../../support/hooks.js';
import {
  answerJson,
  providerConfig,
  startMockProvider,
  type MockProvider,
} from '../../support/mock-provider.js';
import { scrape } from '../../support/metrics.js';
import { ofRun } from '../../support/run-story.js';
import { answer, runTurn } from '../../support/session-calls.js';
import { rowsOf } from '../../support/tool-story.js';
import { waitFor } from '../../support/wait-for.js';

let provider: MockProvider;
let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  provider = await startMockProvider();
  const { models, agents } = providerConfig(provider.baseUrl) as Record<string, object>;
  const list = [{ id: 'main' }, { id: 'mail' }, { id: 'private' }];
  const hooks = {
    allowRequestSessionKey: true,
    allowedSessionKeyPrefixes: ['Hook:', 'agent:private:'],
    allowedAgentIds: ['MAIN', 'mail'],
  };
  const over = { models, agents: { ...agents, list }, gateway: { workers: { count: 2 } } };
  gateway = await startGateway({ config: withHooks(hooks, over) });
  client = await connectControl(gateway.wsUrl);
});
afterAll(async () => {
  await gateway.stop();
  await provider.stop();
});

const quiet = { wakeMode: 'next-heartbeat' };
const agent = (body: object, headers = {}): ReturnType<typeof postHook> =>
  postHook(gateway, 'agent', { ...quiet, ...body }, headers);
const refused = (error: string): [number, object] => [400, { ok: false, error }];
const ended = (runId: string): Promise<Record<string, unknown>> => answer(client, 'agent.wait', { runId });

/** What the model was shown last of the calls that have this text. */
function shownWith(text: string): string {
  const bodies = provider.calls.map(({ body }) => JSON.stringify(body.messages));
  return bodies.findLast((shown) => shown.includes(text)) ?? '';
}

async function sessionOf(runId: string): Promise<string> {
  const { payload } = await client.frame('start', (frame) => frame.event === 'agent' && ofRun(runId)(frame));
  return String(payload?.sessionKey);
}

describe('a run of a hook', () => {
  it('has a session of its own, and its message is marked as what a stranger wrote', async () => {
    const runId = await runIdOf(agent({ message: 'Ship is late', name: 'Har\nbour' }));
    expect(runId).toMatch(/^[\da-f]{8}-[\da-f-]{27}$/);
    expect(await ended(runId)).toMatchObject({ runId, status: 'ok' });
    const key = await sessionOf(runId);
    expect(key).toMatch(/^agent:main:hook:[\da-f-]{36}$/);
    expect(await saidIn(client, key)).toMatch(
      /^What stands between the two marks is external content from the web hook "Har bour"\..*\n<<<external ([\da-f]{16})>>>\nShip is late\n<<<end of external \1>>>$/,
    );
    expect(shownWith('Ship is late')).toContain('<<<external ');
  });

  it('tells the main session of its end, for its next turn', async () => {
    provider.behave(answerJson('It will come tomorrow'));
    await ended(await runIdOf(agent({ message: 'When?', agentId: 'mail', name: 'Harbour' })));
    provider.behave(answerJson('Hi there'));
    expect((await runTurn(client, 'what is new?', 'agent:mail:main')).payload?.status).toBe('ok');
    expect(shownWith('what is new?')).toContain('System: Hook Harbour: It will come tomorrow');
    // Once.
    expect(shownWith('what is new?').split('Hook Harbour').length).toBe(2);
    expect(JSON.stringify(await rowsOf(client, 'agent:main:main').catch(() => []))).not.toContain('Harbour');
  });

  it('tells it of a failure as well', async () => {
    provider.behave(({ response }) => void response.writeHead(401).end('{}'));
    const runId = await runIdOf(agent({ message: 'Fail', agentId: 'mail' }));
    expect(await ended(runId)).toMatchObject({ status: 'error' });
    provider.behave(answerJson('Hi there'));
    await runTurn(client, 'what went wrong?', 'agent:mail:main');
    expect(shownWith('what went wrong?')).toContain('System: Hook Hook (error): ');
  });

  it('wakes the main session, if it is to, when it has told it', async () => {
    provider.behave(answerJson('Water is coming in'));
    await ended(await runIdOf(agent({ message: 'Look', name: 'Leak', wakeMode: 'now' })));
    await waitFor('the turn', () => shownWith('System: Hook Leak: Water is coming in'));
    provider.behave(answerJson('Hi there'));
  });

  it.each([
    [{ sessionKey: 'hook:one' }, 'agent:main:hook:one'],
    [{ sessionKey: 'HOOK:one', agentId: 'Mail' }, 'agent:mail:hook:one'],
    [{ sessionKey: 'agent:mail:hook:one' }, 'agent:mail:hook:one'],
    [{ sessionKey: null, agentId: null }, /^agent:main:hook:/],
  ])('goes to the session and agent that are named: %j', async (target, key) => {
    const runId = await runIdOf(agent({ message: 'go', ...target }));
    if (typeof key === 'string') expect(await sessionOf(runId)).toBe(key);
    else expect(await sessionOf(runId)).toMatch(key);
  });

  it('takes what there is no use for yet', async () => {
    const more = { deliver: false, channel: 'WebChat', to: 'x', accountId: 'y', thinking: 'low' };
    const optional = { sessionMode: 'isolated', waitForCompletion: false, unknown: 1 };
    await runIdOf(agent({ message: 'go', ...more, ...optional }));
    await runIdOf(agent({ message: 'go', channel: 'last', model: 'mock/m-1', timeoutSeconds: 0 }));
  });

  it('ends when its time is over', async () => {
    provider.behave(() => {});
    const runId = await runIdOf(agent({ message: 'slow', timeoutSeconds: 0.2 }));
    expect(await ended(runId)).toMatchObject({ status: 'timeout', stopReason: 'timeout' });
    provider.behave(answerJson('Hi there'));
  });
});

describe('is 400', () => {
  it.each([
    [{}, 'message required'],
    [{ message: ' ' }, 'message required'],
    [{ message: 7 }, 'message required'],
    [{ message: 'x', name: 7 }, 'name must be a string'],
    [{ message: 'x', agentId: ['main'] }, 'agentId must be a string'],
    [{ message: 'x', agentId: 'nobody' }, 'unknown agent id "nobody"'],
    [{ message: 'x', agentId: '__proto__' }, 'unknown agent id "__proto__"'],
    [{ message: 'x', agentId: 'private' }, 'agentId is not one of hooks.allowedAgentIds: "private"'],
    [
      { message: 'x', sessionKey: 'agent:private:hook:x' },
      'agentId is not one of hooks.allowedAgentIds: "private"',
    ],
    [{ message: 'x', sessionKey: 'agent:mail:hook:x', agentId: 'main' }, 'agentId does not match sessionKey'],
    [
      { message: 'x', sessionKey: 'main' },
      'sessionKey must begin with one of hooks.allowedSessionKeyPrefixes',
    ],
    [
      { message: 'x', sessionKey: 'global' },
      'sessionKey must begin with one of hooks.allowedSessionKeyPrefixes',
    ],
    [
      { message: 'x', sessionKey: 'hook:cron:1' },
      'sessionKey cannot use reserved internal session namespaces',
    ],
    [{ message: 'x', sessionKey: 'agent::' }, 'sessionKey is malformed or too long'],
    [{ message: 'x', sessionKey: `hook:${'x'.repeat(600)}` }, 'sessionKey is malformed or too long'],
    [{ message: 'x', wakeMode: 'later' }, 'wakeMode must be one of now, next-heartbeat'],
    [{ message: 'x', deliver: 'yes' }, 'deliver must be true or false'],
    [{ message: 'x', channel: 'pigeon' }, `channel must be one of ${['last', ...channelIds].join(', ')}`],
    [{ message: 'x', to: {} }, 'to must be a string'],
    [{ message: 'x', model: 'mock/other' }, 'model not allowed: mock/other'],
    [{ message: 'x', model: 'other' }, 'model not allowed: other'],
    [{ message: 'x', timeoutSeconds: -1 }, 'timeoutSeconds must be a number from 0 to 31536000'],
    [{ message: 'x', timeoutSeconds: '5' }, 'timeoutSeconds must be a number from 0 to 31536000'],
    [{ message: 'x', idempotencyKey: 'k'.repeat(257) }, 'idempotencyKey must have at most 256 characters'],
  ])('%j', async (body, error) => {
    expect(await told(agent(body))).toEqual(refused(error));
  });

  it('with a channel that is not there', async () => {
    const [status, answer] = await told(agent({ message: 'x', channel: 'slack', to: 'C1' }));
    expect([status, answer]).toMatchObject([
      400,
      { ok: false, error: 'there is no such channel or account' },
    ]);
  });

  it('with an Idempotency-Key that is too long', async () => {
    expect(await told(agent({ message: 'x' }, { 'idempotency-key': 'k'.repeat(257) }))).toEqual(
      refused('idempotencyKey must have at most 256 characters'),
    );
  });
});

describe('an idempotency key', () => {
  const runsWith = (text: string): number =>
    provider.calls.filter(({ body }) => JSON.stringify(body).includes(text)).length;

  it.each([
    ['in the body', (key: string) => [{ message: `once ${key}`, idempotencyKey: key }, {}] as const],
    ['in a header', (key: string) => [{ message: `once ${key}` }, { 'idempotency-key': key }] as const],
  ])('%s is one run, whichever worker is asked, at once or later', async (where, made) => {
    const [body, headers] = made(`key ${where}`);
    const together = await Promise.all(Array.from({ length: 6 }, () => runIdOf(agent(body, headers))));
    await ended(together[0] ?? '');
    const later = await runIdOf(agent(body, headers));
    expect(new Set([...together, later]).size).toBe(1);
    expect(runsWith(body.message)).toBe(1);
  });

  it('of another body is 422, with the id of the run that has it', async () => {
    const idempotencyKey = 'taken';
    const runId = await runIdOf(agent({ message: 'first', idempotencyKey }));
    const mismatch = 'This Idempotency-Key was used for a request with another body';
    for (const message of ['second', 'third']) {
      expect(await told(agent({ message, idempotencyKey }))).toEqual([
        422,
        { ok: false, error: mismatch, runId },
      ]);
      await ended(runId);
    }
  });
});

it('a session that takes no messages is 409', async () => {
  await runTurn(client, 'begin', 'agent:main:hook:closed');
  await answer(client, 'sessions.patch', { key: 'agent:main:hook:closed', sendPolicy: 'deny' });
  expect(await told(agent({ message: 'x', sessionKey: 'hook:closed' }))).toMatchObject([
    409,
    { ok: false, error: 'send blocked by session policy', runId: expect.any(String) },
  ]);
});

it('a lane that is full is 503 with Retry-After, and who waits is not forgotten', async () => {
  provider.behave(() => {});
  const sessionKey = 'hook:full';
  const accepted: string[] = [];
  const body = { message: 'wait', sessionKey, timeoutSeconds: 60 };
  for (let n = 0; n < 65; n += 1) accepted.push(await runIdOf(agent(body)));
  const full = await agent(body);
  expect([full.status, full.headers['retry-after']]).toEqual([503, '1']);
  expect(JSON.parse(full.body)).toEqual({
    ok: false,
    error: 'The gateway is at its limit; try again shortly',
    runId: expect.any(String),
  });
  await answer(client, 'chat.abort', { sessionKey: 'agent:main:hook:full' });
  provider.behave(answerJson('Hi there'));
  for (const runId of accepted)
    expect(await ended(runId)).toMatchObject({ status: 'timeout', stopReason: 'rpc' });
});

describe('under other rules', () => {
  it('no session may be named unless that is allowed, and the default one is used', async (test) => {
    const other = await startFor(test, { config: withHooks({ defaultSessionKey: 'Inbox' }) });
    const watcher = await connectControl(other.wsUrl);
    for (const name of ['agent', 'wake'])
      expect(await told(postHook(other, name, { message: 'x', text: 'x', sessionKey: 'hook:x' }))).toEqual(
        refused('sessionKey may not be named: hooks.allowRequestSessionKey is off'),
      );
    await runIdOf(postHook(other, 'agent', { message: 'hello', ...quiet }));
    expect(await saidIn(watcher, 'agent:main:inbox')).toContain('hello');
  });

  it('a run in the main session needs no word of its end', async (test) => {
    const other = await startFor(test, { config: withHooks({ defaultSessionKey: 'main' }) });
    const watcher = await connectControl(other.wsUrl);
    const runId = await runIdOf(postHook(other, 'agent', { message: 'hello' }));
    await watcher.call('agent.wait', { runId });
    const again = await runTurn(watcher, 'next', 'main');
    expect(again.payload?.status).toBe('ok');
    const { messages } = await answer(watcher, 'chat.history', { sessionKey: 'main' });
    expect(JSON.stringify(messages)).not.toContain('System: Hook');
  });
});

it('is counted', async () => {
  const count = async (name: string): Promise<number> =>
    (await scrape(gateway.url)).total(name, { webhook: 'agent', channel: 'http' });
  await waitFor('the counts', async () => (await count('pllan_webhook_received_total')) > 80);
  expect(await count('pllan_webhook_error_total')).toBeGreaterThan(20);
});
