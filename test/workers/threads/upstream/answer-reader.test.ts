import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openaiCompletions } from '../../../../src/workers/threads/providers/openai-completions.js';
import { ResultSink, type TurnSink } from '../../../../src/workers/threads/turn-sink.js';
import type { TurnEvent } from '../../../../src/workers/threads/turn.js';
import { AnswerReader } from '../../../../src/workers/threads/upstream/answer-reader.js';
import { UpstreamFailure } from '../../../../src/workers/threads/upstream/failure.js';
import { candidate } from '../../../support/routes.js';
import { chunk } from '../../../support/mock-provider.js';

const SECRET = 'the-provider-key';
const eventStream = { 'content-type': 'text/event-stream; charset=utf-8' };
const json = { 'content-type': 'application/json' };

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly pieces?: readonly (string | Buffer)[];
}

function feed(sink: TurnSink, { status = 200, headers = json, pieces = [] }: Answer): AnswerReader {
  const reader = new AnswerReader(openaiCompletions, candidate(), sink, undefined, (text) =>
    text.replaceAll(SECRET, '***'),
  );
  reader.head(status, headers);
  for (const piece of pieces) reader.data(Buffer.from(piece));
  return reader;
}

/** The result of an answer that ends well. */
function result(answer: Answer): ResultSink['whole'] {
  const sink = new ResultSink();
  feed(sink, answer).finish();
  return sink.whole;
}

function failure(answer: Answer): UpstreamFailure {
  try {
    feed(new ResultSink(), answer).finish();
  } catch (caught) {
    if (caught instanceof UpstreamFailure) return caught;
    throw caught;
  }
  throw new Error('it ended well');
}

function callChunk(index: number, args: string): string {
  return chunk({ tool_calls: [{ index, id: `call_${index}`, function: { name: 'f', arguments: args } }] });
}

/** What is left after a full collection, buffers included. */
function liveHeapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const hello =
  chunk({ content: 'Hel' }) + chunk({ content: 'lo, 世界 🎈' }) + chunk({}, 'stop') + 'data: [DONE]\n\n';
const whole = JSON.stringify({ choices: [{ message: { content: 'Hello, 世界' }, finish_reason: 'stop' }] });

describe('an answer', () => {
  it('in any pieces is the same answer', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 400 }), { maxLength: 12 }), fc.boolean(), (cuts, streamed) => {
        const bytes = Buffer.from(streamed ? hello : whole);
        const at = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        const { text, finish } = result({ headers: streamed ? eventStream : json, pieces });
        expect([text, finish]).toEqual([streamed ? 'Hello, 世界 🎈' : 'Hello, 世界', 'stop']);
      }),
    );
  });

  it.each([
    ['a stream, event by event', eventStream, hello, hello.match(/(?<=data: ).+/g)],
    ['one answer', json, whole, [whole]],
  ])('is heard word for word by whoever wants that: %s', (_what, headers, text, said) => {
    const heard: string[] = [];
    const raw = (event: string): void => void heard.push(event);
    const reader = new AnswerReader(openaiCompletions, candidate(), new ResultSink(), raw, (words) => words);
    reader.head(200, headers);
    reader.data(Buffer.from(text));
    reader.finish();
    expect(heard).toEqual(said);
  });

  it('is told as it comes, its beginning first', () => {
    const log: string[] = [];
    const sink: TurnSink = {
      started: () => void log.push('started'),
      event: (event: TurnEvent) => void log.push(event.type),
      result: () => void log.push('result'),
    };
    const reader = feed(sink, { headers: eventStream, pieces: [chunk({ content: 'Hel' })] });
    expect(log).toEqual(['started', 'text']);
    reader.data(Buffer.from(chunk({}, 'stop')));
    reader.finish();
    expect(log).toEqual(['started', 'text', 'finish']);
  });

  it('is JSON unless it says that it is a stream', () => {
    expect(result({ headers: {}, pieces: [whole] }).text).toBe('Hello, 世界');
    expect(result({ headers: { 'content-type': ['text/event-stream'] }, pieces: [hello] }).finish).toBe(
      'stop',
    );
  });

  it('that ends too early is broken, one that cannot be read says why', () => {
    expect(failure({ headers: eventStream, pieces: [chunk({ content: 'x' })] }).reason).toBe('broken');
    expect(() => result({ pieces: ['{oops'] })).toThrow(SyntaxError);
    expect(() => feed(new ResultSink(), { headers: eventStream, pieces: ['data: {oops\n\n'] })).toThrow(
      SyntaxError,
    );
  });

  it('in a great many pieces takes no more memory than its bytes', () => {
    const bytes = Buffer.alloc(500_000, 'x');
    const reader = feed(new ResultSink(), {});
    const before = liveHeapBytes();
    for (let at = 0; at < bytes.length; at += 1) reader.data(bytes.subarray(at, at + 1));
    expect(liveHeapBytes() - before).toBeLessThan(8 * bytes.length);
    expect(() => reader.finish()).toThrow(SyntaxError);
  });

  it('may not grow without end', () => {
    const piece = Buffer.alloc(8 * 1024 * 1024);
    expect(failure({ pieces: [piece, piece, piece, piece, 'x'] })).toMatchObject({ reason: 'malformed' });
  });
});

describe('a stream', () => {
  const MIB = 1024 * 1024;
  const mebibytes = (count: number, piece: string): string[] =>
    Array.from({ length: count * 16 }, () => piece.repeat(MIB / 16 / piece.length));

  it.each([
    ['a line', ['data: ', ...mebibytes(2, 'x')]],
    ['an event', mebibytes(2, 'data: xxxxxxxxx\n')],
    ['a name', ['event: ', ...mebibytes(2, 'x')]],
    ['a comment', [': ', ...mebibytes(2, 'x')]],
  ])('may not have %s without end', (_what, pieces) => {
    expect(failure({ headers: eventStream, pieces })).toMatchObject({
      reason: 'malformed',
      message: expect.stringContaining('event'),
    });
  });

  it('may be of any length in all, with a comment for every silence', () => {
    const sink = new ResultSink();
    const piece = chunk({ content: 'x'.repeat(64 * 1024) });
    const pieces = Array.from({ length: 64 }, () => `: wait ${'.'.repeat(32 * 1024)}\n\n${piece}`);
    feed(sink, { headers: eventStream, pieces: [...pieces, chunk({}, 'stop')] }).finish();
    expect(sink.whole.text).toHaveLength(64 * 64 * 1024);
  });

  it.each([
    ['of words', chunk({ content: 'x'.repeat(512 * 1024) }), 128],
    ['of very short words', chunk({ content: 'x' }).repeat(1_000), 1_000],
    ['of calls', callChunk(0, 'x'.repeat(512 * 1024)), 128],
    ['of many calls', Array.from({ length: 1_000 }, (_, index) => callChunk(index, '')).join(''), 600],
  ])('that is collected may not be endless: %s', (_what, piece, times) => {
    const pieces = Array.from({ length: times }, () => piece);
    expect(failure({ headers: eventStream, pieces })).toMatchObject({ reason: 'malformed' });
  });
});

describe('a refusal', () => {
  const told = (message: unknown, over: Answer = {}): UpstreamFailure =>
    failure({ status: 400, pieces: [JSON.stringify({ error: { message } })], ...over });

  it.each([199, 300, 302, 400, 429, 500])('is every status but 2xx: %i', (status) => {
    expect(told('x', { status })).toMatchObject({ reason: 'status', status });
  });

  it('has the provider’s words without markup and secrets, cut', () => {
    expect(told(' <b>no</b>\n such   model ').text).toBe('no such model');
    expect(told(`key ${SECRET} is wrong`)).toMatchObject({
      text: 'key *** is wrong',
      message: 'status 400: key *** is wrong',
    });
    expect(told('x'.repeat(5_000)).text).toHaveLength(600);
    expect(told('<i></i>').text).toBeUndefined();
    expect(told(undefined).text).toBeUndefined();
    expect(told('x', { pieces: ['<html>'] }).text).toBeUndefined();
  });

  it('says when to come back', () => {
    expect(told('x', { status: 429, headers: { 'retry-after': '7' } }).retryAfter).toBe('7');
    expect(told('x', { status: 429, headers: { 'retry-after': ['7', '8'] } }).retryAfter).toBe('7');
    expect(told('x', { status: 429 }).retryAfter).toBeUndefined();
  });

  it('may be of any size: only its beginning is kept', () => {
    const page = '<html>'.padEnd(64 * 1024, 'x');
    expect(failure({ status: 500, pieces: Array.from({ length: 100 }, () => page) }).text).toBeUndefined();
  });

  it('is not told as a beginning', () => {
    const sink = new ResultSink();
    sink.started = () => expect.unreachable();
    feed(sink, { status: 500 });
  });
});
