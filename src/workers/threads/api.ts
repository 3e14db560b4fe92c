/** Entry of an api thread: piscina calls `runApiBatch`. A thread holds no configuration. */
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

/** Starts every task of the batch; resolves when the last has ended. Answers go through the link. */
export async function runApiBatch(batch: ApiBatch): Promise<void> {
  const services: ChatServices = { routes: readRoutes(batch.routes), upstream, testHooks: batch.testHooks };
  const [only] = batch.tasks;
  if (only && batch.tasks.length === 1) await run(only, link.open(only.id), services);
  else await Promise.all(batch.tasks.map((task) => run(task, link.open(task.id), services)));
}

function run(task: ApiTask, taskLink: TaskLink, services: ChatServices): Promise<void> {
  switch (task.kind) {
    case 'chat-completion':
      return answerChat(task, taskLink, services);
    default:
      return unreachable(task.kind);
  }
}
