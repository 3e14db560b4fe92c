/** Params of methods that start or read turns: what they may hold, and who may use them (methods.md §3, §4). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { answer, newKey, refusal, runTurn } from '../../support/session-calls.js';

let gateway: TestGateway;
let client: ControlClient;
let writer: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
  writer = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.write'] } });
});
afterAll(() => gateway.stop());

const turn = (over: object): object => ({
  sessionKey: newKey(),
  message: 'Hi',
  idempotencyKey: randomUUID(),
  ...over,
});

describe('chat.send', () => {
  it.each([
    [{ systemInputProvenance: { kind: 'x' } }, 'system provenance fields require admin scope'],
    [{ systemProvenanceReceipt: 'x' }, 'system provenance fields require admin scope'],
    [{ suppressCommandInterpretation: true }, 'system provenance fields require admin scope'],
    [{ originatingChannel: 'telegram' }, 'originating route fields require admin scope'],
    [{ originatingTo: '1', originatingThreadId: 2 }, 'originating route fields require admin scope'],
  ])('%j needs admin', async (fields, message) => {
    expect(await refusal(writer, 'chat.send', turn(fields))).toBe(`INVALID_REQUEST ${message}`);
    expect(await answer(client, 'chat.send', turn(fields))).toMatchObject({ status: 'started' });
  });

  it('takes what means nothing here from anyone', async () => {
    const fields = {
      replyToId: 'x',
      mentions: [1],
      workContext: {},
      intent: 'x',
      toolBindings: {},
      fastMode: 'auto',
      expectedSessionId: 'x',
      expectedLeaf: null,
      suppressCommandInterpretation: false,
      fastAutoOnSeconds: 3,
    };
    expect(await answer(writer, 'chat.send', turn(fields))).toMatchObject({ status: 'started' });
    expect(await refusal(client, 'chat.send', turn({ originating: 1 }))).toBe(
      "INVALID_REQUEST invalid chat.send params: at root: unexpected property 'originating'",
    );
  });
});

describe('agent', () => {
  it('takes where to deliver, and internal keys', async () => {
    const fields = {
      to: '+49',
      channel: 'telegram',
      accountId: 'a',
      threadId: 't',
      groupId: 'g',
      replyTo: 'r',
      inputProvenance: { kind: 'inter_session', from: 'x' },
      promptMode: 'x',
      internalEvents: [],
      sessionEffects: {},
      swarmCollector: 'x',
      expectedExistingSessionId: 'x',
      timeout: 100_000_000,
      spawnedBy: 'x',
    };
    expect(await answer(client, 'agent', turn(fields))).toMatchObject({ status: 'accepted' });
  });

  it.each([
    [{ to: 1 }, 'at /to: must be string'],
    [{ channel: '' }, 'at /channel: must not be empty'],
    [{ inputProvenance: { kind: 'x' } }, 'at /inputProvenance/kind: must be one of "external_user", '],
    [{ timeout: -1 }, 'at /timeout: must be >= 0'],
    [{ surprise: 1 }, "at root: unexpected property 'surprise'"],
  ])('refuses %j', async (fields, problem) => {
    expect(await refusal(client, 'agent', turn(fields))).toContain(`invalid agent params: ${problem}`);
  });
});

describe('chat.history', () => {
  it.each([
    [{ cursor: 1 }, 'at /cursor: must be string'],
    [{ messageId: '' }, 'at /messageId: must not be empty'],
    [{ limit: 1_001 }, 'at /limit: must be <= 1000'],
    [{ maxChars: 500_001 }, 'at /maxChars: must be <= 500000'],
    [{ maxBytes: 1_023 }, 'at /maxBytes: must be >= 1024'],
  ])('refuses %j', async (fields, problem) => {
    expect(await refusal(client, 'chat.history', { sessionKey: 'x', ...fields })).toBe(
      `INVALID_REQUEST invalid chat.history params: ${problem}`,
    );
  });

  it('gives no more than its most bytes, whatever is asked for', async () => {
    const sessionKey = newKey();
    await runTurn(client, 'x'.repeat(60_000), sessionKey);
    for (let n = 0; n < 60; n += 1)
      await answer(client, 'chat.inject', { sessionKey, message: 'y'.repeat(120_000) });
    const page = await answer(client, 'chat.history', {
      sessionKey,
      limit: 1_000,
      maxChars: 500_000,
      maxBytes: 100_000_000,
    });
    expect(page).toMatchObject({ hasMore: true, totalMessages: 62 });
    expect(JSON.stringify(page.messages).length).toBeLessThanOrEqual(6 * 1024 * 1024);
  });
});

it('sessions.send takes mentions, as chat.send does', async () => {
  const key = newKey();
  await answer(client, 'sessions.create', { key });
  const sent = await answer(client, 'sessions.send', { key, message: 'Hi', mentions: [1] });
  expect(sent).toMatchObject({ status: 'started' });
});

it.each(['commands.list', 'skills.status'])('%s takes the session that a client shows', async (name) => {
  expect(await client.call(name, { agentId: 'main', sessionKey: 'main' })).toMatchObject({ ok: true });
});

it('sessions.delete takes what other programs know', async () => {
  const key = newKey();
  await answer(client, 'sessions.create', { key });
  expect(await answer(client, 'sessions.delete', { key, emitLifecycleHooks: false })).toMatchObject({
    deleted: true,
  });
});

describe('the answer of agent', () => {
  const none =
    'UNAVAILABLE delivery channel is required: pass --channel/--reply-channel or use a main session with a previous channel';

  it.each([
    [{ deliver: true }, none],
    [{ deliver: true, channel: ' ' }, none],
    [{ deliver: true, channel: 'telegram' }, 'INVALID_REQUEST unsupported channel: telegram'],
    [{ deliver: true, channel: 'webchat', replyChannel: 'x' }, 'INVALID_REQUEST unsupported channel: x'],
  ])('that cannot be delivered is refused before the turn: %j', async (fields, message) => {
    expect(await refusal(client, 'agent', turn(fields))).toBe(message);
  });

  it.each([
    { deliver: true, bestEffortDeliver: true },
    { deliver: true, channel: 'WebChat' },
    { deliver: false, channel: 'telegram' },
  ])('need not be delivered: %j', async (fields) => {
    expect(await answer(client, 'agent', turn(fields))).toMatchObject({ status: 'accepted' });
  });
});
