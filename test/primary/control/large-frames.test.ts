import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, type TestContext } from 'vitest';
import { createLargeFrames, type LargeFrames } from '../../../src/primary/control/large-frames.js';
import type { Logger } from '../../../src/shared/log/logger.js';
import { temporaryDir } from '../../support/gateway.js';
import { waitFor } from '../../support/wait-for.js';

const LIMITS = { waitingBytes: 100, readMs: 20_000, idleMs: 20_000 };

/** Answers with its thread's number; or ends, throws or never answers, as it is told. */
const SCRIPT = `
import { parentPort, threadId } from 'node:worker_threads';
parentPort.on('message', (bytes) => {
  const text = Buffer.from(bytes.buffer).toString();
  if (text === 'exit') process.exit(3);
  if (text === 'throw') throw new Error('on purpose');
  if (text === 'loop') for (;;);
  // Deep enough to be written and not read again.
  if (text === 'deep') return parentPort.postMessage(JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)));
  parentPort.postMessage({ ok: true, id: text, method: String(threadId), params: undefined });
});
`;

interface Opened extends LargeFrames {
  readonly errors: readonly string[];
  /** The frame and the thread that read it; or code and id of a refusal. */
  ask(text: string): Promise<string>;
}

function open(test: TestContext, limits: Partial<typeof LIMITS> = {}): Opened {
  const file = join(temporaryDir(), 'thread.mjs');
  writeFileSync(file, SCRIPT);
  const errors: string[] = [];
  const log = { error: (_event: string, message: string) => errors.push(message) } as unknown as Logger;
  const largeFrames = createLargeFrames({
    log,
    thread: pathToFileURL(file),
    limits: { ...LIMITS, ...limits },
  });
  test.onTestFinished(() => largeFrames.stop());
  const ask = async (text: string): Promise<string> => {
    const request = await largeFrames.read(Buffer.from(text));
    return request.ok ? `${request.id} ${request.method}` : `${request.error.code} ${request.id}`;
  };
  return { ...largeFrames, errors, ask };
}

function threadOf(answer = ''): string | undefined {
  return answer.split(' ')[1];
}

it('one thread reads all, in order', async (test) => {
  const { ask } = open(test);
  const answers = await Promise.all(['a', 'b', 'c'].map(ask));
  const thread = threadOf(answers[0]);
  expect(answers).toEqual([`a ${thread}`, `b ${thread}`, `c ${thread}`]);
});

it.for(['exit', 'throw', 'deep'])(
  'a thread that dies (%s) loses one frame, another one goes on',
  async (end, test) => {
    const { ask, errors } = open(test);
    const answers = await Promise.all(['a', end, 'b'].map(ask));
    expect(answers.map((answer) => answer.split(' ')[0])).toEqual(['a', 'UNAVAILABLE', 'b']);
    expect(threadOf(answers[2])).not.toBe(threadOf(answers[0]));
    expect(errors).toHaveLength(1);
    expect(errors[0]).not.toContain('not done');
  },
);

it('a thread that takes too long is ended', async (test) => {
  const { ask, errors } = open(test, { readMs: 2_000 });
  expect(await Promise.all(['loop', 'b'].map(ask))).toEqual([
    'UNAVAILABLE invalid',
    expect.stringMatching(/^b /),
  ]);
  expect(errors).toEqual(['the thread for large frames was lost: not done after 2000 ms']);
});

it('a thread without work is ended, and the next frame has one all the same', async (test) => {
  const { ask, errors } = open(test, { idleMs: 1 });
  const first = threadOf(await ask('a'));
  await waitFor('another thread', async () => threadOf(await ask('b')) !== first);
  expect(errors).toEqual([]);
});

it('frames that would wait beyond the limit are refused', async (test) => {
  const { ask } = open(test);
  const long = 'x'.repeat(LIMITS.waitingBytes);
  expect(await Promise.all([ask('a'), ask(long), ask('b'), ask('c')])).toEqual([
    expect.stringMatching(/^a /),
    expect.stringMatching(/^x+ /),
    'UNAVAILABLE invalid',
    'UNAVAILABLE invalid',
  ]);
  expect(await ask('d')).toMatch(/^d /);
});

it('stopping refuses what waits, and what comes', async (test) => {
  const { ask, stop, errors } = open(test);
  const asked = Promise.all(['loop', 'b'].map(ask));
  await stop();
  expect(await asked).toEqual(['UNAVAILABLE invalid', 'UNAVAILABLE invalid']);
  expect(await ask('c')).toBe('UNAVAILABLE invalid');
  expect(errors).toEqual([]);
});
