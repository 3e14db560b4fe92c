/** Entry of an api thread: piscina calls `serve`. A thread holds no configuration. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { threadId, workerData } from 'node:worker_threads';
import type { RootDatabase } from 'lmdb';
import { runLimits } from '../../shared/session-limits.js';
import { createPace } from '../../shared/pace.js';
import type { TranscriptReader } from '../../shared/store/transcript-reader.js';
import { toError } from '../../shared/to-error.js';
import { unreachable } from '../../shared/unreachable.js';
import { startBeating } from './beat.js';
import { answerCompletion } from './chat/answer.js';
import { callerHashOf } from './chat/prepare.js';
import { answerEmbeddings } from './embeddings/answer.js';
import { answerRecorded } from './recorded-answer.js';
import { createLink, type Link, type TaskLink } from './link.js';
import {
  largeBodyOf,
  type ApiBatch,
  type ApiTask,
  type CompletionTask,
  type HistoryTask,
  type ServeTask,
  type SessionTask,
  type ThreadData,
} from './protocol.js';
import type { RouteTable } from '../../shared/routes.js';
import { createSharedReader } from '../../shared/shared-json.js';
import type { ToolTable } from '../../shared/tools/table.js';
import type { Recall } from './responses/recall.js';
import type { TurnServices } from './run-turn.js';
import type { SessionServices } from './session/turn.js';
import { withKnownProviders } from './upstream/kept-providers.js';
import { openRawStream } from './upstream/raw-stream.js';
import { createUpstream } from './upstream/upstream.js';

const { beats, rawStream } = workerData as ThreadData;
startBeating(beats, threadId);
const upstream = createUpstream(rawStream === undefined ? undefined : openRawStream(rawStream));
const readRoutes = createSharedReader<RouteTable>((next, known) => {
  const routes = withKnownProviders(next, known);
  if (next.version > known.version) upstream.keepOnly(Object.values(routes.providers));
  return routes;
});
const readTools = createSharedReader<ToolTable>();
const takeTurn = createTurns();
const pace = createPace(runLimits.deltaStepMs);

/** Takes batches from the port as long as the thread lives. */
export function serve({ port }: ServeTask): Promise<never> {
  createLink(port, begin);
  return new Promise(() => {});
}

function begin({ routes, tools, testHooks, tasks }: ApiBatch, link: Link): void {
  const services: TurnServices = {
    routes: readRoutes(routes),
    tools: tools && readTools(tools),
    upstream,
    testHooks,
  };
  for (const task of tasks) void start(task, link.open(task.id), services);
}

/** Large bodies take their time: without a turn for each, many of them would look like a blocked thread. */
async function start(task: ApiTask, taskLink: TaskLink, services: TurnServices): Promise<void> {
  try {
    if (largeBodyOf(task)) await takeTurn();
    await run(task, taskLink, services);
  } catch (caught) {
    taskLink.failed(toError(caught));
  }
}

function run(task: ApiTask, taskLink: TaskLink, services: TurnServices): Promise<void> {
  switch (task.kind) {
    case 'completion':
      return answerCompletion(task, taskLink, services, () => openRecall(task));
    case 'embeddings':
      return answerEmbeddings(task, taskLink, services);
    case 'recorded':
      return answerRecorded(task, taskLink);
    case 'history':
      return readHistory(task, taskLink);
    case 'session':
      return runOnSession(task, taskLink, services);
    default:
      return unreachable(task);
  }
}

/** Turns of the event loop, one for each caller, in order. */
function createTurns(): () => Promise<void> {
  let last = Promise.resolve();
  return () => (last = last.then(() => nextTurn()));
}

let root: RootDatabase | undefined;
let reader: TranscriptReader | undefined;
let sessions: SessionServices | undefined;

/** Loaded with the first such task: a gateway that only answers stateless completions needs no store in its threads. */
async function openRoot(storeDir: string): Promise<RootDatabase> {
  const { openForReading } = await import('../../shared/store/transcript-reader.js');
  return (root ??= openForReading(storeDir));
}

async function openStore(storeDir: string): Promise<TranscriptReader> {
  const { readTranscripts } = await import('../../shared/store/transcript-reader.js');
  return (reader ??= readTranscripts(await openRoot(storeDir)));
}

/** A session that a request names holds its answers. */
async function openRecall(task: CompletionTask): Promise<Recall> {
  if (task.onSession?.sessionKey !== undefined) return () => [];
  const [store, { createRecall }] = await Promise.all([
    openRoot(task.storeDir),
    import('./responses/recall.js'),
  ]);
  return createRecall(store, callerHashOf(task));
}

async function runOnSession(task: SessionTask, taskLink: TaskLink, services: TurnServices): Promise<void> {
  const [store, { answerSessionTurn }, { compactSession }, { createKnownLines }, { createWorkspacePrompts }] =
    await Promise.all([
      openStore(task.storeDir),
      import('./session/turn.js'),
      import('./session/compact-session.js'),
      import('./session/known-lines.js'),
      import('./session/workspace-prompt.js'),
    ]);
  sessions ??= { transcripts: createKnownLines(store), workspacePrompts: createWorkspacePrompts(), pace };
  const run = task.job.kind === 'turn' ? answerSessionTurn : compactSession;
  return run(task, taskLink, services, sessions);
}

async function readHistory(task: HistoryTask, taskLink: TaskLink): Promise<void> {
  const [store, { answerHistory }] = await Promise.all([
    openStore(task.storeDir),
    import('./session/answer-history.js'),
  ]);
  return answerHistory(task, taskLink, store);
}
