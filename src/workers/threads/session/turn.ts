/**
 * One turn on a session (runs-and-events.md §13): reads what was said, asks the model, sends the answer as it grows.
 * Text leaves at once when it is the first, and then in steps that all turns of the thread share: one message for all.
 */
import type { Pace, Walker } from '../../../shared/pace.js';
import type { RouteTable } from '../../../shared/routes.js';
import { requireDemandedCall } from '../chat/tools.js';
import { createClientAnswer } from '../client-answer.js';
import type { TaskLink } from '../link.js';
import { selectModel } from '../model-selection.js';
import { withContext, type PreparedTurn } from '../prepared-turn.js';
import type { SessionTask } from '../protocol.js';
import { streamTurn, type TurnServices } from '../run-turn.js';
import { beginTask } from '../task-progress.js';
import { isImageModel, textOnlyModel } from '../text-only-model.js';
import { eventsOf, ToolCalls, type TurnSink } from '../turn-sink.js';
import type { FinishReason, ToolCall, Turn, TurnEvent, TurnMessage, Usage } from '../turn.js';
import { isContextOverflow } from '../upstream/failure.js';
import { compact, type Ask, type Compacted } from './compaction.js';
import { answerEnd, failedTurn, goodTurn, type EndedTurn } from './ended-turn.js';
import { messagesOf, readHistory, type History } from './history.js';
import type { TranscriptLines } from './known-lines.js';
import { pairToolCalls } from './pair-tool-calls.js';
import { sendEvent } from './session-event.js';
import { showImages } from './show-images.js';

/** Never rejects: the link gets pieces of text and then one answer, which is a `TurnEnd`. */
export async function answerSessionTurn(
  task: SessionTask,
  link: TaskLink,
  services: TurnServices,
  transcripts: TranscriptLines,
  pace: Pace,
): Promise<void> {
  const { job } = task;
  const progress = beginTask(task.queuedAt);
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
    const selection = selectModel(
      { model: undefined, agentHeader: job.agentId, modelHeader: job.model },
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
    const { upstream, testHooks } = services;
    const { timeoutMs } = job;
    const ask = { selection, upstream, link, timeoutMs, testHooks, calls: progress.calls };
    const run = (shown: History): Promise<void> => {
      return streamTurn({ ...ask, turn: turnOf(messagesOf(shown), job.systemPrompt, prepared) }, sink);
    };
    try {
      await run(history);
    } catch (caught) {
      if (!isContextOverflow(caught)) throw caught;
      const shorter = await compactForRetry(history, ask, services.routes);
      if (!shorter) throw caught;
      sink.alsoUsed = shorter.usage;
      await run(shorter.history);
    }
    sink.flush();
    const { toolCalls, finish, usage } = sink;
    requireDemandedCall(
      prepared?.toolChoice,
      toolCalls.map(({ name }) => name),
    );
    client?.end({ toolCalls, finish, usage });
    ended = goodTurn(selection, stopReasons[finish], usage, toolCalls);
  } catch (caught) {
    sink.flush();
    ended = failedTurn(caught, link);
  }
  progress.usage = sink.usage;
  answerEnd(link, ended, progress);
}

function turnOf(held: readonly TurnMessage[], system = '', prepared: PreparedTurn | undefined): Turn {
  const messages = pairToolCalls(prepared ? withContext(held, prepared) : held);
  if (!prepared) return { system, messages, tools: [], toolChoice: undefined, sampling: {} };
  const { tools, toolChoice, sampling } = prepared;
  const systems = [system, prepared.system].filter((text) => text !== '');
  return { system: systems.join('\n\n'), messages, tools, toolChoice, sampling };
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

/** Who hears of an answer as it grows. */
interface Listener {
  begun(): void;
  text(text: string): void;
}

class DeltaSink implements TurnSink, Walker {
  readonly #pace: Pace;
  readonly #listener: Listener;
  readonly #calls = new ToolCalls();
  finish: FinishReason = 'stop';
  /** By what had to be done before the answer. */
  alsoUsed: Usage = { input: 0, output: 0 };
  #usage: Usage = { input: 0, output: 0 };
  #pending = '';
  #begun = false;

  constructor(pace: Pace, listener: Listener) {
    this.#pace = pace;
    this.#listener = listener;
  }

  get toolCalls(): readonly ToolCall[] {
    return this.#calls.all;
  }

  get usage(): Usage {
    const { input, output } = this.#usage;
    return { input: input + this.alsoUsed.input, output: output + this.alsoUsed.output };
  }

  started(): void {
    this.#listener.begun();
  }

  event(event: TurnEvent): void {
    if (event.type === 'text') this.#add(event.text);
    else if (event.type === 'tool-call') this.#calls.add(event);
    else if (event.type === 'finish') this.finish = event.reason;
    else if (event.type === 'usage') this.#usage = event.usage;
  }

  result(result: Parameters<TurnSink['result']>[0]): void {
    for (const event of eventsOf(result)) this.event(event);
  }

  step(): boolean {
    this.#sendPending();
    return false;
  }

  /** Sends what is held back; call at the end. */
  flush(): void {
    this.#pace.leave(this);
    this.#sendPending();
  }

  #add(text: string): void {
    this.#pending += text;
    if (this.#begun) this.#pace.join(this);
    else this.#sendPending();
  }

  #sendPending(): void {
    if (this.#pending === '') return;
    this.#begun = true;
    this.#listener.text(this.#pending);
    this.#pending = '';
  }
}
