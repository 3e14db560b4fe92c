/** An api thread as its pool sees it: batches in, answers out. */
import { fileURLToPath } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ECHO_MODEL } from '../../../src/shared/config/model-ref.js';
import { shareRoutes, type RouteTable } from '../../../src/shared/routes.js';
import { createBeats } from '../../../src/workers/threads/beat.js';
import type {
  ApiBatch,
  FromThread,
  TaskId,
  TaskPart,
  ToThread,
} from '../../../src/workers/threads/protocol.js';
import { decodePart } from '../../../src/workers/threads/wire.js';
import { credential, providerRoute } from '../../support/routes.js';
import { waitFor, within } from '../../support/wait-for.js';

const images: RouteTable['chatImages'] = {
  maxImageParts: 8,
  maxTotalImageBytes: 1_000,
  images: {
    allowUrl: false,
    urlAllowlist: [],
    allowedMimes: [],
    maxBytes: 1_000,
    maxRedirects: 0,
    timeoutMs: 1_000,
  },
};

const routes: RouteTable = {
  version: 1,
  defaultAgentId: 'main',
  agents: { main: { id: 'main', model: ECHO_MODEL, fallbacks: [] } },
  providers: {
    echo: providerRoute({ id: 'echo', api: 'echo', baseUrl: '', credentials: [credential(null)] }),
  },
  ownProviders: {},
  embeddings: {},
  configured: [],
  allowed: [],
  contextWindows: {},
  textOnly: [],
  chatImages: images,
  responseImages: { ...images, maxUrlParts: 8 },
  responseFiles: {
    ...images.images,
    allowedMimes: [],
    maxChars: 1_000,
    pdf: { maxPages: 4, maxPixels: 0, minTextChars: 0 },
  },
  turnTimeoutMs: 60_000,
  compaction: { keepChars: 80_000, model: null },
};

const PROMPTS = ['one', 'two', 'three', 'four'];

let pool: Piscina;
/** The thread's port; another one when it was replaced. */
let port: MessagePort | undefined;
/** What has come, one list for each message of the thread. */
let messages: TaskPart[][];

beforeAll(async () => {
  pool = new Piscina({
    filename: fileURLToPath(new URL('../../../dist/workers/threads/api.js', import.meta.url)),
    name: 'runApiBatch',
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: 8,
    atomics: 'disabled',
    workerData: { beats: createBeats() },
  });
  pool.on('message', (message: { port: MessagePort }) => {
    port = message.port.on('message', (parts: FromThread) => messages.push(parts.map(decodePart)));
  });
  await waitFor('the port of the thread', () => port);
});
beforeEach(() => void (messages = []));
afterAll(() => pool.destroy());

/** A batch of completions with these prompts, numbered from 1. */
function batchOf(prompts: readonly string[], large = false): ApiBatch {
  const tasks = prompts.map((content, index) => {
    const text = JSON.stringify({ messages: [{ role: 'user', content }] });
    const body = large ? new Uint8Array(Buffer.from(text)) : text;
    const id = (index + 1) as TaskId;
    return {
      kind: 'completion',
      endpoint: 'chat.completions',
      id,
      queuedAt: 0,
      body,
      agentId: undefined,
      model: undefined,
      onSession: undefined,
      subject: 'token',
      answerId: `chatcmpl_${id}`,
      storeDir: '',
    } as const;
  });
  return { routes: shareRoutes(routes), tools: undefined, testHooks: true, tasks };
}

/** Resolves when every task of the batches, sent at once, has been answered. */
async function run(...batches: readonly ApiBatch[]): Promise<void> {
  await within('the batches', Promise.all(batches.map((batch) => pool.run(batch))));
  const tasks = batches.flatMap((batch) => batch.tasks);
  await waitFor('all answers', () => messages.flat().length === tasks.length);
}

const answered = (): number[] => messages.map((parts) => parts.length);

it('answers a batch of small bodies in one message', async () => {
  await run(batchOf(PROMPTS));
  expect(answered()).toEqual([4]);
  expect(messages.flat().map(({ id, type }) => [id, type])).toEqual([1, 2, 3, 4].map((id) => [id, 'answer']));
});

it.each([
  ['of one batch', [batchOf(PROMPTS, true)]],
  ['of many batches', PROMPTS.map((prompt) => batchOf([prompt], true))],
])('takes a turn for each large body %s, in which it answers those before', async (_which, batches) => {
  await run(...batches);
  expect(answered().length).toBeGreaterThan(1);
});

it('hears that a client is gone also before it has the task', async () => {
  port?.postMessage({ type: 'abort', id: 1 as TaskId } satisfies ToThread);
  // By the time that this has come back the thread has read what was sent before.
  await run(batchOf([]));
  await run(batchOf(['/trickle 600 100']));
  expect(messages.flat()).toMatchObject([{ type: 'answer', summary: { error: 'aborted' } }]);
});

it.each([1, 2])(
  'is done with a batch of %i only when its answers are on their way, should it end then',
  async (size) => {
    const done = pool.run(batchOf(PROMPTS.slice(0, size)));
    const ended = pool.run(batchOf(['/exit']));
    await expect(within('the end of the thread', ended)).rejects.toThrow('exited');
    const [batch] = await Promise.allSettled([within('the batch', done)]);
    if (batch?.status === 'fulfilled') await waitFor('its answers', () => messages.flat().length === size);
    else expect(batch?.reason).toMatchObject({ message: expect.stringContaining('exited') });
  },
);
