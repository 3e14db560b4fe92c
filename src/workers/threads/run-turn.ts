/**
 * Runs one turn: on the selected model, or on what is tried instead of it. Whatever the provider, a turn ends once: with
 * a result, or with an `UpstreamFailure`. Once something of an answer has been passed on, nothing is tried again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { upstreamLimits } from '../../shared/upstream/limits.js';
import type { RouteTable } from '../../shared/routes.js';
import type { ToolTable } from '../../shared/tools/table.js';
import type { TaskLink } from './link.js';
import { callModel, type FailedCall } from './model-call.js';
import type { Selection } from './model-selection.js';
import type { ModelCall } from './protocol.js';
import { offersOwnTools, refusesTools, takesNoTools, withoutOwnTools } from './tools-refused.js';
import { withThinking } from './thinking.js';
import { Tries, type Try } from './tries.js';
import { ResultSink, type TurnSink } from './turn-sink.js';
import { TurnStop } from './turn-stop.js';
import type { Turn, TurnResult } from './turn.js';
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
  /** Every call made, with what it used; filled while the turn runs. The last one that went well is the answer. */
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
  const stop = new TurnStop(job.timeoutMs, job.link, job.upstream.deadlines);
  const tries = new Tries(job.selection.candidates, job.turn, job.upstream, job.calls);
  try {
    await tryAll(tries, job.upstream, stop, (to) => tryModel(job, to, sink, stream, stop));
  } finally {
    stop.dispose();
  }
}

/** Until one ends well; what is learnt of each is for the calls after it. @throws UpstreamFailure when none does */
export async function tryAll(
  tries: Tries,
  upstream: Upstream,
  stop: TurnStop,
  call: (to: Try) => Promise<FailedCall | undefined>,
): Promise<void> {
  for (let to = tries.next(); to; to = tries.next()) {
    const failed = await call(to);
    learn(upstream, to, failed);
    if (!failed) return;
    const { failure, passed } = failed;
    if (passed || stop.failure) throw failure;
    if (!tries.failed(to, failure)) break;
  }
  throw tries.failure;
}

/** Asks the model, more than once where that can help: a connection that broke, tools that it does not take. */
async function tryModel(
  job: TurnJob,
  to: Try,
  sink: TurnSink,
  stream: boolean,
  stop: TurnStop,
): Promise<FailedCall | undefined> {
  const { candidate } = to;
  const { toolless } = job.upstream;
  const bare = job.turn.tools.length > 0 && (takesNoTools(candidate) || toolless.has(candidate));
  const asked = withThinking(job.turn, candidate.facts);
  let turn = bare ? withoutOwnTools(asked) : asked;
  for (let attempt = 1; ; attempt += 1) {
    const failed = await callModel(job, turn, to, sink, stream, stop);
    if (!failed || failed.passed || stop.failure) return failed;
    const { failure } = failed;
    if (refusesTools(failure) && offersOwnTools(turn)) {
      toolless.add(candidate);
      turn = withoutOwnTools(turn);
      continue;
    }
    if (failure.reason !== 'connection' || attempt >= upstreamLimits.attempts) return failed;
    await pauseAfter(attempt);
    if (stop.failure) return { failure: stop.failure, passed: false };
  }
}

/** Longer each time, and not the same for all who wait. */
export function pauseAfter(attempt: number): Promise<void> {
  return sleep(upstreamLimits.retryDelayMs * 2 ** (attempt - 1) * (0.5 + Math.random()));
}

function learn(upstream: Upstream, { candidate, credential }: Try, failed: FailedCall | undefined): void {
  const { provider, model } = candidate;
  const breaker = upstream.breakerOf(provider);
  if (!failed) {
    breaker.answered();
    upstream.cooldowns.succeeded(credential, model);
    return;
  }
  breaker.failed(failed.failure);
  upstream.cooldowns.failed(credential, model, failed.failure, provider.cooldowns);
}
