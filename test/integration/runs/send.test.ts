/** `send` to the web chat, and what it refuses (methods.md §8). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startFor, startGateway, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { ofRun, runAgent } from '../../support/run-story.js';
import { answer, newKey, refusal } from '../../support/session-calls.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

const webchat = (over: object): object => ({
  to: 'main',
  channel: 'webchat',
  message: 'Hello',
  idempotencyKey: randomUUID(),
  ...over,
});

async function texts(key: string, asking = client): Promise<string[]> {
  const { messages } = await answer(asking, 'sessions.get', { key });
  return (messages as { role: string; content: { text: string }[] }[]).map(
    ({ role, content }) => `${role}: ${content[0]?.text}`,
  );
}

describe('to the web chat', () => {
  it('stands in the transcript of the session, and is told as an injected message is', async () => {
    const key = newKey();
    await answer(client, 'sessions.create', { key });
    await answer(client, 'sessions.messages.subscribe', { key });
    const writer = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.write'] } });
    const idempotencyKey = randomUUID();
    const sent = await answer(
      writer,
      'send',
      webchat({ sessionKey: key, idempotencyKey, channel: 'WebChat' }),
    );
    expect(sent).toEqual({
      runId: idempotencyKey,
      messageId: expect.stringMatching(/^[0-9a-f]{8}$/),
      channel: 'webchat',
      chatId: `agent:main:${key}`,
    });
    expect(await texts(key)).toEqual(['assistant: Hello']);
    const event = await client.frame('chat', ofRun(`inject-${String(sent.messageId)}`));
    expect(event).toMatchObject({
      event: 'chat',
      payload: {
        sessionKey: `agent:main:${key}`,
        seq: 0,
        state: 'final',
        message: { role: 'assistant', content: [{ text: 'Hello' }] },
      },
    });
    const row = await client.frame('session.message', ({ event }) => event === 'session.message');
    expect(row.payload).toMatchObject({ sessionKey: `agent:main:${key}`, messageId: sent.messageId });
    await writer.close();
  });

  it('finds the session by its address, and media by theirs', async () => {
    const key = newKey();
    await answer(client, 'sessions.create', { key });
    const media = {
      mediaUrl: 'https://a.example/1',
      mediaUrls: ['https://a.example/1', 'https://a.example/2'],
    };
    await answer(client, 'send', webchat({ to: key, ...media }));
    await answer(
      client,
      'send',
      webchat({ to: key, message: '', mediaUrl: 'https://a.example/3', silent: true }),
    );
    expect(await texts(key)).toEqual([
      'assistant: Hello\nhttps://a.example/1\nhttps://a.example/2',
      'assistant: https://a.example/3',
    ]);
  });

  it('a repeated key is one message, at once, later and after a restart', async (test) => {
    const stateDir = temporaryDir();
    const before = await startGateway({ stateDir });
    const asking = await connectControl(before.wsUrl);
    const [key, other] = [newKey(), newKey()];
    for (const one of [key, other]) await answer(asking, 'sessions.create', { key: one });
    const params = webchat({ sessionKey: key });
    const twice = await Promise.all([answer(asking, 'send', params), answer(asking, 'send', params)]);
    expect(twice[0]).toEqual(twice[1]);
    await before.stop();
    const after = await startFor(test, { stateDir });
    const again = await connectControl(after.wsUrl);
    expect(await answer(again, 'send', { ...params, sessionKey: other })).toEqual(twice[0]);
    expect(await texts(key, again)).toEqual(['assistant: Hello']);
    expect(await texts(other, again)).toEqual([]);
  });

  it('a key may be that of a run, too', async () => {
    const key = newKey();
    const { runId: idempotencyKey } = await runAgent(client, 'Hi', key);
    expect(await answer(client, 'send', webchat({ sessionKey: key, idempotencyKey }))).toMatchObject({
      runId: idempotencyKey,
    });
    expect(await texts(key)).toEqual(['user: Hi', 'assistant: Hi', 'assistant: Hello']);
    const stored = { sessionKey: key, message: 'Hi', idempotencyKey: `send:${idempotencyKey}` };
    expect(await refusal(client, 'agent', stored)).toBe(
      'INVALID_REQUEST idempotencyKey already used by send',
    );
  });
});

it.each([
  [{ message: undefined }, 'text or media is required'],
  [{ message: ' ', channel: 'telegram' }, 'text or media is required'],
  [{ channel: 'telegram' }, 'unsupported channel: telegram'],
  [{ channel: undefined }, 'Channel is required (no configured channels detected).'],
  [{ channel: ' ' }, 'Channel is required (no configured channels detected).'],
  [{ sessionKey: 'nowhere' }, 'session not found'],
  [{ to: 'nowhere' }, 'session not found'],
  [{ agentId: 'nobody' }, 'invalid send params: unknown agent id "nobody"'],
  [{ sessionKey: 'agent:nobody:x' }, 'invalid send params: unknown agent id "nobody"'],
  [{ message: 'a\0b' }, 'message must not contain null bytes'],
  [{ buffer: 'eA==' }, 'buffer: this gateway does not take attachments yet'],
  [{ to: '' }, 'invalid send params: at /to: must not be empty'],
  [
    { idempotencyKey: undefined },
    "invalid send params: at root: must have required property 'idempotencyKey'",
  ],
  [{ surprise: 1 }, "invalid send params: at root: unexpected property 'surprise'"],
])('refuses %j', async (over, message) => {
  expect(await refusal(client, 'send', webchat(over))).toBe(`INVALID_REQUEST ${message}`);
});

it('a refused message does not use its key up', async () => {
  const [key, idempotencyKey] = [newKey(), randomUUID()];
  const params = webchat({ sessionKey: key, idempotencyKey });
  await refusal(client, 'send', params);
  await answer(client, 'sessions.create', { key });
  expect(await answer(client, 'send', params)).toMatchObject({ runId: idempotencyKey });
});
