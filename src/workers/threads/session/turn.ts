/**
 * One turn on a session (runs-and-events.md §13): reads what was said, asks the model, sends the answer as it grows.
 * Text leaves at once when it is the first, and then at most every `deltaMs`, since clients are sent all of it each time.
 */
import { upstreamLimits, runLimits } from '../../../shared/limits.js';
import type { TurnEnd } from '../../../shared/run-job.js';
import { asApiError } from '../chat/failure.js';
import type { ChatServices } from '../chat/answer.js';
import type { TaskLink } from '../link.js';
import { selectModel } from '../model-selection.js';
import type { SessionTurnTask, TaskSummary } from '../protocol.js';
import { streamTurn } from '../run-turn.js';
import { beginTask, summarize } from '../task-progress.js';
import { eventsOf, type TurnSink } from '../turn-sink.js';
import type { FinishReason, Turn, TurnEvent, Usage } from '../turn.js';
import { UpstreamFailure } from '../upstream/failure.js';
import type { ReadHistory } from './history.js';

/** Never rejects: the link gets pieces of text and then one answer, which is a `TurnEnd`. */
export async function answerSessionTurn(
  task: SessionTurnTask,
  link: TaskLink,
  services: ChatServices,
  readHistory: ReadHistory,
): Promise<void> {
  const { job } = task;
  const progress = beginTask(task.queuedAt);
  const sink = new DeltaSink((text) => link.data(text));
  let ended: EndedTurn;
  try {
    const selection = selectModel(
      { model: undefined, agentHeader: job.agentId, modelHeader: job.model },
      services.routes,
    );
    progress.selection = selection;
    const turn: Turn = {
      system: job.systemPrompt ?? '',
      messages: readHistory(job.sessionId, job.before),
      tools: [],
      toolChoice: undefined,
      sampling: {},
    };
    const { upstream, testHooks } = services;
    await streamTurn(
      { turn, selection, upstream, link, timeoutMs: job.timeoutMs, testHooks, calls: progress.calls },
      sink,
    );
    ended = {
      end: {
        status: 'ok',
        provider: selection.provider.id,
        model: selection.model,
        stopReason: stopReasons[sink.finish],
        usage: sink.usage,
      },
      error: undefined,
      cause: undefined,
    };
  } catch (caught) {
    ended = failedTurn(caught, link);
  }
  sink.flush();
  progress.usage = sink.usage;
  const body = JSON.stringify(ended.end);
  const summary = summarize(progress, ended.error, ended.cause);
  link.answer({ status: 200, retryAfter: undefined, body }, summary);
}

const stopReasons: Readonly<Record<FinishReason, 'stop' | 'length' | 'toolUse' | 'error'>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'toolUse',
  content_filter: 'error',
};

interface EndedTurn {
  readonly end: TurnEnd;
  /** For metrics and the log. */
  readonly error: TaskSummary['error'];
  readonly cause: string | undefined;
}

function failedTurn(caught: unknown, link: TaskLink): EndedTurn {
  const error = asApiError(caught);
  const told = {
    error: link.aborted ? 'aborted' : error.kind,
    cause: typeof error.cause === 'string' ? error.cause : undefined,
  } as const;
  const reason = caught instanceof UpstreamFailure ? caught.reason : undefined;
  if (reason === 'turn-timeout') return { ...told, end: { status: 'timeout' } };
  const kind = reason?.endsWith('timeout')
    ? 'timeout'
    : error.kind === 'upstreamRateLimit'
      ? 'rate_limit'
      : 'unknown';
  const message = error.message.slice(0, upstreamLimits.messageChars);
  return { ...told, end: { status: 'error', kind, message } };
}

class DeltaSink implements TurnSink {
  readonly #send: (text: string) => void;
  finish: FinishReason = 'stop';
  usage: Usage = { input: 0, output: 0 };
  #pending = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  started(): void {}

  event(event: TurnEvent): void {
    if (event.type === 'text') this.#add(event.text);
    else if (event.type === 'finish') this.finish = event.reason;
    else if (event.type === 'usage') this.usage = event.usage;
  }

  result(result: Parameters<TurnSink['result']>[0]): void {
    for (const event of eventsOf(result)) this.event(event);
  }

  /** Sends what is held back; call at the end. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#sendPending();
  }

  #add(text: string): void {
    this.#pending += text;
    if (!this.#timer) this.#release();
  }

  /** Sends now, and holds back what comes for a while. */
  #release(): void {
    this.#timer = undefined;
    if (this.#pending === '') return;
    this.#sendPending();
    this.#timer = setTimeout(() => this.#release(), runLimits.deltaMs);
  }

  #sendPending(): void {
    if (this.#pending === '') return;
    this.#send(this.#pending);
    this.#pending = '';
  }
}
