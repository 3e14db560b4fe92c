/** Entry of an api thread: piscina calls `runApiBatch`. A thread holds no configuration. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { threadId, workerData } from 'node:worker_threads';
import { unreachable } from '../../shared/unreachable.js';
import { startBeating } from './beat.js';
import { answerChat, type ChatServices } from './chat/answer.js';
import { createLink, type TaskLink } from './link.js';
import type { ApiBatch, ApiTask, ThreadData } from './protocol.js';
import { createRouteReader } from './route-reader.js';
import { createUpstream } from './upstream/upstream.js';

startBeating((workerData as ThreadData).beats, threadId);
const link = createLink();
const readRoutes = createRouteReader();
const upstream = createUpstream();

/**
 * Starts every task of the batch; resolves when the last has ended and its answer, which goes through the link once
 * per turn, has left: should the thread end in between, the batch has failed and nobody waits for ever.
 */
export async function runApiBatch(batch: ApiBatch): Promise<void> {
  await runTasks(batch);
  await nextTurn();
}

async function runTasks(batch: ApiBatch): Promise<void> {
  const services: ChatServices = { routes: readRoutes(batch.routes), upstream, testHooks: batch.testHooks };
  const [only] = batch.tasks;
  if (only && batch.tasks.length === 1) return run(only, link.open(only.id), services);
  // Opened before the first one runs: each can be told from now on that its client is gone.
  const opened = batch.tasks.map((task) => ({ task, taskLink: link.open(task.id) }));
  const running: Promise<void>[] = [];
  for (const { task, taskLink } of opened) {
    running.push(run(task, taskLink, services));
    // Large bodies take their time: without a turn in between, many of them would look like a blocked thread.
    if (typeof task.body !== 'string') await nextTurn();
  }
  await Promise.all(running);
}

function run(task: ApiTask, taskLink: TaskLink, services: ChatServices): Promise<void> {
  switch (task.kind) {
    case 'chat-completion':
      return answerChat(task, taskLink, services);
    default:
      return unreachable(task.kind);
  }
}
