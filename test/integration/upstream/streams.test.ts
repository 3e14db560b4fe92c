/** What providers send as a stream, in all its forms, and what the client gets of it (http.md §7.3). */
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { errorOf, greeting, postChat, readStream, type ReadStream } from '../../support/chat.js';
import { answerJson, answerStream, chunk, type ProviderCall } from '../../support/mock-provider.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { waitFor, within } from '../../support/wait-for.js';

const DONE = 'data: [DONE]\n\n';
const NOTHING_SAID = 'No response from pllan.';

const { provider, gateway } = await startWithProvider();

/** The provider writes these pieces, each in a write of its own. */
function says(...pieces: readonly (string | Buffer)[]): void {
  provider.behave(({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    const next = (at: number): void => {
      const piece = pieces[at];
      if (piece === undefined) response.end();
      else response.write(piece, () => setImmediate(next, at + 1));
    };
    next(0);
  });
}

async function streamed(extra: Readonly<Record<string, unknown>> = {}): Promise<ReadStream> {
  const response = await postChat(gateway, { ...greeting, model: 'pllan/main', stream: true, ...extra });
  expect(response.status).toBe(200);
  return readStream(response);
}

function finishOf({ chunks }: ReadStream): (string | null | undefined)[] {
  return chunks
    .flatMap(({ choices }) => choices?.map((choice) => choice.finish_reason) ?? [])
    .filter(Boolean);
}

describe('a stream', () => {
  it('opens with the role, has one id, time and model, and ends with finish and [DONE]', async () => {
    provider.behave(answerStream(['Hel', 'lo']));
    const { chunks, text, done } = await streamed();
    expect(chunks).toHaveLength(4);
    expect(chunks.map(({ choices }) => choices?.[0]?.delta)).toEqual([
      { role: 'assistant' },
      { content: 'Hel' },
      { content: 'lo' },
      {},
    ]);
    for (const part of chunks) {
      expect(part).toMatchObject({ object: 'chat.completion.chunk', model: 'pllan/main', id: chunks[0]?.id });
      expect(part).toMatchObject({ created: expect.any(Number), choices: [{ index: 0 }] });
      expect(part).not.toHaveProperty('usage');
    }
    expect(chunks[0]?.id).toMatch(/^chatcmpl_/);
    expect([text, done]).toEqual(['Hello', 1]);
  });

  it('has usage after the finish, when asked for', async () => {
    provider.behave(answerStream(['Hel', 'lo']));
    const { chunks } = await streamed({ stream_options: { include_usage: true } });
    expect(chunks.at(-2)?.choices?.[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
  });

  it.each([
    ['length', 'length'],
    ['tool_calls', 'tool_calls'],
    ['content_filter', 'content_filter'],
    ['eos_token', 'stop'],
  ])('that finishes with %s says %s', async (given, expected) => {
    says(chunk({ content: 'x' }), chunk({}, given), DONE);
    expect(finishOf(await streamed())).toEqual([expected]);
  });

  it('in which nothing was said says so, once', async () => {
    says(chunk({ role: 'assistant', content: '' }), chunk({ content: null }), chunk({}, 'stop'), DONE);
    const { text, done } = await streamed();
    expect([text, done]).toEqual([NOTHING_SAID, 1]);
  });
});

describe('a provider', () => {
  it('may split its bytes anywhere, also inside a character', async () => {
    const bytes = Buffer.from(
      chunk({ content: '漢字' }) + chunk({ content: ' 🎈' }) + chunk({}, 'stop') + DONE,
    );
    says(...Array.from({ length: bytes.length }, (_, at) => bytes.subarray(at, at + 1)));
    expect(await streamed()).toMatchObject({ text: '漢字 🎈', done: 1 });
  });

  it('may send everything at once', async () => {
    says(chunk({ content: 'a' }) + chunk({ content: 'b' }) + chunk({}, 'stop') + DONE);
    expect(await streamed()).toMatchObject({ text: 'ab', done: 1 });
  });

  it('may end lines with CR LF, name events, number them, comment, and leave spaces out', async () => {
    const bare = chunk({ content: 'b' }).slice('data: '.length);
    says(
      ': hello\r\n\r\n',
      `event: message\r\nid: 1\r\n${chunk({ content: 'a' }).trimEnd()}\r\n\r\n`,
      `data:${bare}`,
      'retry: 10\n\n',
      chunk({}, 'stop'),
      DONE,
    );
    expect(await streamed()).toMatchObject({ text: 'ab', done: 1 });
  });

  it('may leave out [DONE] when it has finished', async () => {
    says(chunk({ content: 'x' }), chunk({}, 'stop'));
    expect(await streamed()).toMatchObject({ text: 'x', done: 1 });
  });

  it('may leave out the finish when it says [DONE]', async () => {
    says(chunk({ content: 'x' }), DONE);
    const stream = await streamed();
    expect([stream.text, finishOf(stream), stream.done]).toEqual(['x', ['stop'], 1]);
  });

  it('may say the finish twice', async () => {
    says(chunk({ content: 'x' }), chunk({}, 'stop'), chunk({}, 'stop'), DONE, DONE);
    const stream = await streamed();
    expect([finishOf(stream), stream.done]).toEqual([['stop'], 1]);
  });

  it('may answer in one piece', async () => {
    provider.behave(answerJson('in one piece'));
    const { chunks, text, done } = await streamed({ stream_options: { include_usage: true } });
    expect([text, done]).toEqual(['in one piece', 1]);
    expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 2 });
  });

  it('may stream what was asked for in one piece', async () => {
    says(chunk({ content: 'Hel' }), chunk({ content: 'lo' }), chunk({}, 'length'), DONE);
    const answer = await (await postChat(gateway, greeting)).json();
    expect(answer).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: 'Hello' }, finish_reason: 'length' }],
    });
  });
});

describe('after [DONE]', () => {
  const said = chunk({ content: 'Hello' }) + chunk({}, 'stop') + DONE;
  const speak = ({ response }: ProviderCall): ServerResponse =>
    response.writeHead(200, { 'content-type': 'text/event-stream' });

  it.each([true, false])(
    'nothing is waited for; a body that does not end is cut (stream: %s)',
    async (stream) => {
      const before = provider.aborted.length;
      provider.behave((call) => void speak(call).write(said));
      const response = await within('the answer', postChat(gateway, { ...greeting, stream }));
      expect(await within('its end', response.text())).toContain('"content":"Hello"');
      await waitFor('the end of the connection', () => provider.aborted.length > before);
    },
  );

  it('nothing counts, be it in the same piece or in later ones', async () => {
    const before = provider.aborted.length;
    provider.behave((call) => {
      const response = speak(call);
      const goOn = (): void => void (response.destroyed || response.write(chunk({ content: '!' }), goOn));
      response.write(`${said}data: {oops}\n\n`, goOn);
    });
    const stream = await streamed();
    expect([stream.text, finishOf(stream), stream.done]).toEqual(['Hello', ['stop'], 1]);
    await waitFor('the end of the connection', () => provider.aborted.length > before);
  });

  it('an end that comes a little later leaves the connection for other requests', async () => {
    const before = provider.connections;
    provider.behave((call) => {
      const response = speak(call);
      response.write(said, () => setTimeout(() => response.end(), 20));
    });
    for (let i = 0; i < 10; i += 1) {
      await streamed();
      await waitFor('the end of the body', () => provider.calls.at(-1)?.response.writableFinished);
    }
    expect(provider.connections - before).toBeLessThan(5);
  });
});

describe('a stream that fails', () => {
  const failure = { message: 'internal error', type: 'api_error', code: 'upstreamFailed' };

  it.each([
    ['ends without a finish', chunk({ content: 'Hel' })],
    ['ends inside an event', `${chunk({ content: 'Hel' })}data: {"choices":`],
    ['holds something unreadable', `${chunk({ content: 'Hel' })}data: {oops}\n\n`],
    ['reports an error', `${chunk({ content: 'Hel' })}data: {"error":{"message":"secret cause"}}\n\n`],
  ])('because it %s: what came, one error, [DONE]', async (_how, text) => {
    says(text);
    const stream = await streamed({ stream_options: { include_usage: true } });
    expect([stream.text, stream.done]).toEqual(['Hel', 1]);
    expect(stream.chunks.at(-1)).toEqual({ error: failure });
    expect(stream.chunks.filter(({ error }) => error !== undefined)).toHaveLength(1);
    expect(finishOf(stream)).toEqual([]);
    expect(JSON.stringify(stream)).not.toContain('secret cause');
  });

  it('asked for in one piece is 502', async () => {
    says(chunk({ content: 'Hel' }));
    expect(await errorOf(await postChat(gateway, greeting))).toMatchObject({
      status: 502,
      type: 'upstream_error',
    });
  });
});
