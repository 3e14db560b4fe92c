/** One turn on a session (runs-and-events.md §13): reads what was said, asks the model, sends the answer as it grows. */
import type { Pace } from '../../../shared/pace.js';
import type { RouteTable } from '../../../shared/routes.js';
import { requireDemandedCall } from '../chat/tools.js';
import { createClientAnswer } from '../client-answer.js';
import type { TaskLink } from '../link.js';
import { selectModel, withFallbacks } from '../model-selection.js';
import { offeredTools } from '../offered-tools.js';
import { withContext, type PreparedTurn } from '../prepared-turn.js';
import type { SessionTask } from '../protocol.js';
import { streamTurn, type TurnServices } from '../run-turn.js';
import { spentBy } from '../spent.js';
import { beginTask } from '../task-progress.js';
import { isImageModel, textOnlyModel } from '../text-only-model.js';
import { runToolLoop } from '../tool-loop.js';
import { createToolTurn, withOwnTools, type ToolTurn } from '../tool-turn.js';
import { effortOf } from '../thinking.js';
import type { FinishReason, Turn, TurnMessage, TurnResult } from '../turn.js';
import { isContextOverflow } from '../upstream/failure.js';
import { compact, type Ask, type Compacted } from './compaction.js';
import { DeltaSink } from './delta-sink.js';
import { answerEnd, failedTurn, goodTurn, type EndedTurn } from './ended-turn.js';
import { messagesOf, readHistory, type History } from './history.js';
import type { TranscriptLines } from './known-lines.js';
import { pairToolCalls } from './pair-tool-calls.js';
import { sendEvent } from './session-event.js';
import { showImages } from './show-images.js';
import { createToolObserver } from './tool-observer.js';
import type { WorkspacePrompts } from './workspace-prompt.js';

/** What turns on sessions need of their thread besides. */
export interface SessionServices {
  readonly transcripts: TranscriptLines;
  readonly workspacePrompts: WorkspacePrompts;
  readonly pace: Pace;
}

/** Never rejects: the link gets pieces of text and then one answer, which is a `TurnEnd`. */
export async function answerSessionTurn(
  task: SessionTask,
  link: TaskLink,
  services: TurnServices,
  { transcripts, workspacePrompts, pace }: SessionServices,
): Promise<void> {
  const { job } = task;
  const progress = beginTask(task.queuedAt, 'session');
  const prepared = task.prepared === undefined ? undefined : (JSON.parse(task.prepared) as PreparedTurn);
  const client = prepared && createClientAnswer(prepared.form, link);
  const sink = new DeltaSink(pace, {
    begun: () => client?.begun(),
    text(text) {
      link.data(text);
      client?.text(text);
    },
  });
  let ended: EndedTurn;
  try {
    const selection = withFallbacks(
      selectModel({ model: undefined, agentHeader: job.agentId, modelHeader: job.model }, services.routes),
      job.fallbacks,
      services.routes,
    );
    progress.selection = selection;
    const takesImages = isImageModel(selection, services.routes);
    const history = readHistory(
      transcripts.newestFirst(job.sessionId, job.before),
      showImages(takesImages, transcripts),
    );
    // What was sent just now must not be lost without a word; of older images the model is told that they are missing.
    if (!takesImages && (history.lines.at(-1)?.hiddenImages ?? 0) > 0) throw textOnlyModel(selection);
    const { upstream, testHooks, routes, tools } = services;
    const { timeoutMs, sessionKey, runId, byStranger, toolsAllow } = job;
    const ask = { selection, upstream, link, timeoutMs, testHooks, calls: progress.calls };
    const system = join(await workspacePrompts(task.workspace), job.systemPrompt);
    const thinking = effortOf(job.thinking, routes.agents[selection.agentId]);
    const answer = createAsker({ ask, history, system, prepared, thinking, sink, routes });
    const brought = prepared ?? { tools: [], toolChoice: undefined };
    const offered = offeredTools(tools, selection, { sessionKey, byStranger, toolsAllow }, brought);
    let last: TurnResult;
    if (offered) {
      const turn = createToolTurn({ ...ask, offered, tools: brought.tools, sessionKey, runId, byStranger });
      last = await runToolLoop({
        ...turn,
        ask: (added, mayCall) => answer(added, { turn, mayCall }),
        observer: createToolObserver(link, progress.calls, client),
      });
    } else last = await answer([], undefined);
    const { toolCalls, finish } = last;
    requireDemandedCall(
      prepared?.toolChoice,
      toolCalls.map(({ name }) => name),
    );
    client?.end({ toolCalls, finish, usage: spentBy(progress.calls).usage });
    ended = goodTurn(progress, stopReasons[finish], toolCalls);
  } catch (caught) {
    sink.flush();
    ended = failedTurn(caught, link);
  }
  answerEnd(link, ended, progress);
}

interface AskerOptions {
  readonly ask: Ask;
  readonly history: History;
  /** Before what the client itself says of it. */
  readonly system: string;
  readonly prepared: PreparedTurn | undefined;
  readonly thinking: Turn['thinking'];
  readonly sink: DeltaSink;
  readonly routes: RouteTable;
}

/** What the model may call, where the gateway's own tools are among it. */
interface WithTools {
  readonly turn: ToolTurn;
  readonly mayCall: boolean;
}

type Asker = (added: readonly TurnMessage[], tools: WithTools | undefined) => Promise<TurnResult>;

/** Asks the model, once more with a summary when it cannot read all that was said; only once in a turn. */
function createAsker({ ask, history: whole, system, prepared, thinking, sink, routes }: AskerOptions): Asker {
  let history = whole;
  return async (added, tools) => {
    const run = (): Promise<void> => {
      const plain = { ...turnOf(messagesOf(history), added, system, prepared), thinking };
      const turn = tools ? withOwnTools(plain, tools.turn, tools.mayCall) : plain;
      return streamTurn({ ...ask, timeoutMs: tools?.turn.leftMs ?? ask.timeoutMs, turn }, sink);
    };
    sink.next();
    try {
      await run();
    } catch (caught) {
      if (!isContextOverflow(caught) || history !== whole) throw caught;
      const shorter = await compactForRetry(history, ask, routes);
      if (!shorter) throw caught;
      ({ history } = shorter);
      await run();
    }
    sink.flush();
    return sink.whole;
  };
}

/** @param added since the turn began */
function turnOf(
  held: readonly TurnMessage[],
  added: readonly TurnMessage[],
  system: string,
  prepared: PreparedTurn | undefined,
): Turn {
  const before = pairToolCalls(prepared ? withContext(held, prepared) : held);
  const messages = added.length > 0 ? [...before, ...added] : before;
  if (!prepared) return { system, messages, tools: [], toolChoice: undefined, sampling: {} };
  const { tools, toolChoice, sampling } = prepared;
  return { system: join(system, prepared.system), messages, tools, toolChoice, sampling };
}

function join(...texts: readonly (string | undefined)[]): string {
  return texts.filter((text) => text !== undefined && text !== '').join('\n\n');
}

/** Undefined when there is nothing to summarize. Its client hears when it begins and how it ends. */
async function compactForRetry(
  history: History,
  ask: Ask,
  routes: RouteTable,
): Promise<Compacted | undefined> {
  const { link } = ask;
  const { keepChars, model } = routes.compaction;
  const selection =
    model === null
      ? ask.selection
      : selectModel({ model, agentHeader: undefined, modelHeader: undefined }, routes);
  sendEvent(link, { type: 'compaction', phase: 'start' });
  let done: Compacted | undefined;
  try {
    done = await compact(history, { chars: keepChars, last: true }, { ...ask, selection });
    return done;
  } finally {
    const willRetry = done !== undefined;
    sendEvent(link, { type: 'compaction', phase: 'end', willRetry, compaction: done?.compaction ?? null });
  }
}

const stopReasons: Readonly<Record<FinishReason, 'stop' | 'length' | 'toolUse' | 'error'>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'toolUse',
  content_filter: 'error',
};
