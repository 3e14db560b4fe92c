/**
 * Runs one turn on the selected model: tries, deadlines, pause and abort. Whatever the provider,
 * a turn ends once: with a result, or with an `UpstreamFailure`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { upstreamLimits } from '../../shared/limits.js';
import { createRedactor } from '../../shared/log/redact.js';
import { routeSecrets, type RouteTable } from '../../shared/routes.js';
import type { ToolTable } from '../../shared/tools/table.js';
import { toError } from '../../shared/to-error.js';
import type { TaskLink } from './link.js';
import type { Selection } from './model-selection.js';
import { monotonicMs, type ModelCall } from './protocol.js';
import type { HttpAdapter, LocalAdapter } from './providers/adapter.js';
import { adapters } from './providers/index.js';
import { ResultSink, type TurnSink } from './turn-sink.js';
import { TurnStop } from './turn-stop.js';
import type { Turn, TurnEvent, TurnResult } from './turn.js';
import { AnswerReader } from './upstream/answer-reader.js';
import { UpstreamFailure } from './upstream/failure.js';
import type { Upstream } from './upstream/upstream.js';

/** What turns need of their thread. */
export interface TurnServices {
  readonly routes: RouteTable;
  /** Undefined when there are no tools. */
  readonly tools: ToolTable | undefined;
  readonly upstream: Upstream;
  readonly testHooks: boolean;
}

export interface TurnJob {
  readonly turn: Turn;
  readonly selection: Selection;
  readonly upstream: Upstream;
  readonly link: TaskLink;
  readonly timeoutMs: number;
  readonly testHooks: boolean;
  /** Every call made, for metrics; filled while the turn runs. */
  readonly calls: ModelCall[];
}

/** Runs the turn and gives the whole answer at once. @throws UpstreamFailure */
export async function completeTurn(job: TurnJob): Promise<TurnResult> {
  const sink = new ResultSink();
  await runTurn(job, sink, false);
  return sink.whole;
}

/** Runs the turn, handing each event to `sink` as it comes. @throws UpstreamFailure */
export function streamTurn(job: TurnJob, sink: TurnSink): Promise<void> {
  return runTurn(job, sink, true);
}

async function runTurn(job: TurnJob, sink: TurnSink, stream: boolean): Promise<void> {
  const adapter = adapters[job.selection.provider.api];
  const stop = new TurnStop(job.timeoutMs, job.link, job.upstream.deadlines);
  try {
    for (let attempt = 1; ; attempt += 1) {
      const failure = await tryOnce(job, adapter, new TimedSink(sink), stream, stop);
      if (!failure) return;
      const again = failure.reason === 'connection' && attempt < upstreamLimits.attempts && !stop.failure;
      if (!again) throw failure;
      await sleep(upstreamLimits.retryDelayMs * 2 ** (attempt - 1) * (0.5 + Math.random()));
      if (stop.failure) throw stop.failure;
    }
  } finally {
    stop.dispose();
  }
}

/** One call, noted for metrics however it ends. */
async function tryOnce(
  job: TurnJob,
  adapter: HttpAdapter | LocalAdapter,
  sink: TimedSink,
  stream: boolean,
  stop: TurnStop,
): Promise<UpstreamFailure | undefined> {
  try {
    if (adapter.kind === 'http') {
      const { provider, model } = job.selection;
      const reader = new AnswerReader(adapter, sink, (text) =>
        createRedactor(routeSecrets(provider)).text(text, upstreamLimits.errorBytes),
      );
      const call = job.upstream.call(provider, adapter.request(job.turn, model, provider, stream), reader);
      stop.onStop((failure) => call.abort(failure));
      job.link.onPause((paused) => (paused ? call.pause() : call.resume()));
      if (job.link.paused) call.pause();
      await call.done;
      reader.finish();
    } else {
      await generate(adapter, job, sink, stop);
    }
    job.calls.push({ ms: sink.elapsedMs, firstByteMs: sink.firstByteMs, outcome: 'ok', category: 'none' });
    return undefined;
  } catch (caught) {
    const failure = asFailure(caught);
    const { reason, status } = failure;
    const category = status === undefined ? reason : `status_${status}`;
    const outcome = reason === 'aborted' ? 'aborted' : 'error';
    job.calls.push({ ms: sink.elapsedMs, firstByteMs: sink.firstByteMs, outcome, category });
    return failure;
  }
}

/** Passes everything on and notes when the first byte came. */
class TimedSink implements TurnSink {
  readonly #startedAt = monotonicMs();
  readonly #sink: TurnSink;
  firstByteMs: number | undefined;

  constructor(sink: TurnSink) {
    this.#sink = sink;
  }

  get elapsedMs(): number {
    return monotonicMs() - this.#startedAt;
  }

  started(): void {
    this.firstByteMs = this.elapsedMs;
    this.#sink.started();
  }

  event(event: TurnEvent): void {
    this.#sink.event(event);
  }

  result(result: TurnResult): void {
    this.#sink.result(result);
  }
}

async function generate(adapter: LocalAdapter, job: TurnJob, sink: TurnSink, stop: TurnStop): Promise<void> {
  sink.started();
  let wake: (() => void) | undefined;
  stop.onStop(() => wake?.());
  job.link.onPause(() => wake?.());
  for await (const event of adapter.generate(job.turn, { testHooks: job.testHooks })) {
    while (job.link.paused && !stop.failure) await new Promise<void>((resolve) => (wake = resolve));
    if (stop.failure) throw stop.failure;
    sink.event(event);
  }
  if (stop.failure) throw stop.failure;
}

function asFailure(caught: unknown): UpstreamFailure {
  if (caught instanceof UpstreamFailure) return caught;
  const cause = toError(caught);
  return new UpstreamFailure('malformed', `unreadable answer: ${cause.message}`, { cause });
}
