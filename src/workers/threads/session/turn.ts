/**
 * One turn on a session (runs-and-events.md §13): reads what was said, asks the model, sends the answer as it grows.
 * Text leaves at once when it is the first, and then at most every `deltaMs`, since clients are sent all of it each time.
 */
import { upstreamLimits, runLimits } from '../../../shared/limits.js';
import type { TurnEnd } from '../../../shared/run-job.js';
import type { TranscriptLines } from '../../../shared/store/transcript-reader.js';
import { asApiError } from '../chat/failure.js';
import type { ChatServices } from '../chat/answer.js';
import type { TaskLink } from '../link.js';
import { selectModel, type Selection } from '../model-selection.js';
import { monotonicMs, type ModelCall, type SessionTurnTask, type TaskSummary } from '../protocol.js';
import { streamTurn } from '../run-turn.js';
import { eventsOf, type TurnSink } from '../turn-sink.js';
import type { FinishReason, Turn, TurnEvent, Usage } from '../turn.js';
import { UpstreamFailure } from '../upstream/failure.js';
import { readHistory } from './history.js';

/** Never rejects: the link gets pieces of text and then one answer, which is a `TurnEnd`. */
export async function answerSessionTurn(
  task: SessionTurnTask,
  link: TaskLink,
  services: ChatServices,
  transcripts: TranscriptLines,
): Promise<void> {
  const { job } = task;
  const progress: Progress = {
    startedAt: monotonicMs(),
    calls: [],
    selection: undefined,
    error: undefined,
    cause: undefined,
  };
  const sink = new DeltaSink((text) => link.data(text));
  let end: TurnEnd;
  try {
    const selection = selectModel(
      { model: undefined, agentHeader: job.agentId, modelHeader: job.model },
      services.routes,
    );
    progress.selection = selection;
    const turn: Turn = {
      system: job.systemPrompt ?? '',
      messages: readHistory(transcripts.newestFirst(job.sessionId, job.before)),
      tools: [],
      toolChoice: undefined,
      sampling: {},
    };
    const { upstream, testHooks } = services;
    await streamTurn(
      { turn, selection, upstream, link, timeoutMs: job.timeoutMs, testHooks, calls: progress.calls },
      sink,
    );
    end = {
      status: 'ok',
      provider: selection.provider.id,
      model: selection.model,
      stopReason: stopReasons[sink.finish],
      usage: sink.usage,
    };
  } catch (caught) {
    end = endOf(caught, link, progress);
  }
  sink.flush();
  link.answer(
    { status: 200, retryAfter: undefined, body: JSON.stringify(end) },
    summarize(task, progress, sink.usage),
  );
}

const stopReasons: Readonly<Record<FinishReason, 'stop' | 'length' | 'toolUse' | 'error'>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'toolUse',
  content_filter: 'error',
};

interface Progress {
  readonly startedAt: number;
  readonly calls: ModelCall[];
  selection: Selection | undefined;
  error: TaskSummary['error'];
  cause: string | undefined;
}

function endOf(caught: unknown, link: TaskLink, progress: Progress): TurnEnd {
  const error = asApiError(caught);
  progress.error = link.aborted ? 'aborted' : error.kind;
  progress.cause = typeof error.cause === 'string' ? error.cause : undefined;
  const reason = caught instanceof UpstreamFailure ? caught.reason : undefined;
  if (reason === 'turn-timeout') return { status: 'timeout' };
  const kind = reason?.endsWith('timeout')
    ? 'timeout'
    : error.kind === 'upstreamRateLimit'
      ? 'rate_limit'
      : 'unknown';
  return { status: 'error', kind, message: error.message.slice(0, upstreamLimits.messageChars) };
}

function summarize(task: SessionTurnTask, progress: Progress, usage: Usage): TaskSummary {
  const { selection, startedAt, calls, error, cause } = progress;
  return {
    waitMs: startedAt - task.queuedAt,
    runMs: monotonicMs() - startedAt,
    turn: selection && {
      agent: selection.agentId,
      provider: selection.provider.id,
      model: selection.model,
      api: selection.provider.api,
      calls,
      inputTokens: usage.input,
      outputTokens: usage.output,
    },
    error,
    cause,
  };
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

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending === '') return;
    this.#send(this.#pending);
    this.#pending = '';
  }

  #add(text: string): void {
    this.#pending += text;
    if (this.#timer) return;
    this.#send(this.#pending);
    this.#pending = '';
    this.#timer = setTimeout(() => this.#due(), runLimits.deltaMs);
  }

  #due(): void {
    this.#timer = undefined;
    if (this.#pending === '') return;
    const text = this.#pending;
    this.#pending = '';
    this.#add(text);
  }
}
