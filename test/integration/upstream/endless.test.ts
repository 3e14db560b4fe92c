/** Providers that do not stop: what would be kept of their answers is bounded, and others are answered meanwhile. */
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import { errorOf, greeting, postChat, readStream } from '../../support/chat.js';
import { answerJson, chunk, type ProviderCall } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { newKey } from '../../support/session-calls.js';
import { onSession, say } from '../../support/session-chat.js';

const { provider, gateway } = await startWithProvider();
afterAll(async () => {
  provider.behave(answerJson('still here'));
  expect((await postChat(gateway, greeting)).status).toBe(200);
});

const PIECE = 'x'.repeat(64 * 1024);
const failed = { status: 502, type: 'upstream_error' };

/** Says the same so many times, unless its connection ends. */
function repeats(delta: Record<string, unknown>, times: number): (call: ProviderCall) => void {
  const piece = chunk(delta);
  const speak = async ({ response }: ProviderCall): Promise<void> => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let n = 0; n < times && !response.destroyed; n += 1)
      if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
  };
  return (call) => void speak(call);
}

it('a text that is too long for a session ends its run', async () => {
  provider.behave(repeats({ content: PIECE }, 140));
  expect(await errorOf(await postChat(gateway, say('x'), onSession(newKey())))).toMatchObject(failed);
});

it('arguments that are too long for a session end its run', async () => {
  const call = { index: 0, id: 'a', function: { name: 'look', arguments: PIECE } };
  provider.behave(repeats({ tool_calls: [call] }, 140));
  expect(await errorOf(await postChat(gateway, say('x'), onSession(newKey())))).toMatchObject(failed);
});

it('a stream is as long as the model likes, but its reasoning is not', async () => {
  provider.behave(repeats({ content: PIECE }, 600));
  const { text, done } = await readStream(await postChat(gateway, { ...greeting, stream: true }));
  expect([text.length, done]).toEqual([600 * PIECE.length, 1]);
  provider.behave(repeats({ reasoning_content: PIECE }, 600));
  const { chunks } = await readStream(await postChat(gateway, { ...greeting, stream: true }));
  expect(chunks.at(-1)?.error).toMatchObject({ code: 'upstreamFailed' });
});

describe('calls of tools', () => {
  const calls = (count: number, made: (n: number) => object): object[] =>
    Array.from({ length: count }, (_, n) => ({ function: { name: 'look', arguments: '{}' }, ...made(n) }));
  const tools = [{ type: 'function', function: { name: 'look' } }];

  it.each([
    ['with numbers of their own', calls(1_025, (index) => ({ index, id: `call_${index}` }))],
    ['that all have one id', calls(1_025, (index) => ({ index, id: 'a' }))],
    ['without numbers', calls(1_025, (n) => ({ id: `${n}` }))],
  ])('are not more than 1,024 in an answer: %s', async (_what, tool_calls) => {
    provider.behave(({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${chunk({ tool_calls })}${chunk({}, 'tool_calls')}data: [DONE]\n\n`);
    });
    const { chunks } = await readStream(await postChat(gateway, { ...greeting, tools, stream: true }));
    expect(chunks.at(-1)?.error).toMatchObject({ code: 'upstreamFailed' });
    provider.behave(({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ choices: [{ message: { tool_calls }, finish_reason: 'tool_calls' }] }));
    });
    expect(await errorOf(await postChat(gateway, { ...greeting, tools }))).toMatchObject(failed);
  });
});

it.each([
  ['an id', { id: { length: -1e9 }, function: { name: 'look', arguments: '' } }],
  ['a name', { id: 'a', function: { name: { length: 'x' }, arguments: '' } }],
])('a call in which %s is no text is refused', async (_what, call) => {
  provider.behave(({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(`${chunk({ tool_calls: [call] })}${chunk({}, 'tool_calls')}data: [DONE]\n\n`);
  });
  const tools = [{ type: 'function', function: { name: 'look' } }];
  for (const headers of [{}, onSession(newKey())])
    expect(
      await errorOf(await postChat(gateway, { ...greeting, tools, stream: true }, headers)),
    ).toMatchObject(failed);
  provider.behave(({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ choices: [{ message: { tool_calls: [call] }, finish_reason: 'stop' }] }));
  });
  expect(await errorOf(await postChat(gateway, { ...greeting, tools }))).toMatchObject(failed);
});
