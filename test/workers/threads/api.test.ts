/** An api thread as its pool sees it: batches in, answers out. */
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ECHO_MODEL } from '../../../src/shared/config/model-ref.js';
import { shareRoutes, type RouteTable } from '../../../src/shared/routes.js';
import { createBeats } from '../../../src/workers/threads/beat.js';
import type {
  ApiBatch,
  ApiTask,
  FromThread,
  ServeTask,
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
let port: MessagePort;
/** Rejects when the thread ends. */
let serving: Promise<unknown>;
/** What has come, one list for each message of the thread. */
let messages: TaskPart[][];

beforeEach(() => {
  pool = new Piscina({
    filename: fileURLToPath(new URL('../../../dist/workers/threads/api.js', import.meta.url)),
    name: 'serve',
    maxThreads: 1,
    atomics: 'disabled',
    workerData: { beats: createBeats() },
  });
  const { port1, port2 } = new MessageChannel();
  messages = [];
  port = port1.on('message', (parts: FromThread) => messages.push(parts.map(decodePart)));
  serving = pool.run({ port: port2 } satisfies ServeTask, { transferList: [port2] });
  serving.catch(() => {}); // at the latest when the test is over
});
afterEach(async () => {
  port.close();
  await pool.destroy();
});

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
  return { type: 'batch', routes: shareRoutes(routes), tools: undefined, testHooks: true, tasks };
}

const post = (message: ToThread): void => port.postMessage(message);

/** Resolves when every task of the batches, sent at once, has been answered. */
async function run(...batches: readonly ApiBatch[]): Promise<void> {
  batches.forEach(post);
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

it('hears that a client is gone as soon as it has the task', async () => {
  post(batchOf(['/trickle 600 100']));
  post({ type: 'abort', id: 1 as TaskId });
  await waitFor('the answer', () => messages.flat().length === 1);
  expect(messages.flat()).toMatchObject([{ type: 'answer', summary: { error: 'aborted' } }]);
});

it('tells that a task failed which should not, and goes on', async () => {
  const [task] = batchOf(PROMPTS).tasks;
  const unknown = { kind: 'unknown', id: 1 as TaskId } as unknown as ApiTask;
  await run({ ...batchOf([]), tasks: [unknown, ...(task ? [{ ...task, id: 2 as TaskId }] : [])] });
  const byId = messages.flat().toSorted((a, b) => a.id - b.id);
  expect(byId).toMatchObject([{ type: 'failed', cause: expect.any(String) }, { type: 'answer' }]);
});

it('serves until it ends', async () => {
  post(batchOf(['/exit']));
  await expect(within('the end of the thread', serving)).rejects.toThrow('exited');
});
