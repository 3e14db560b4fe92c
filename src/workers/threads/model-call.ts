/** One call to a model, noted for metrics and usage however it ends. */
import { upstreamLimits } from '../../shared/upstream/limits.js';
import { createRedactor } from '../../shared/log/redact.js';
import { routeSecrets } from '../../shared/routes.js';
import { costOf, noUsage } from '../../shared/usage.js';
import { AttemptSink } from './attempt-sink.js';
import type { ModelCall } from './protocol.js';
import type { LocalAdapter } from './providers/adapter.js';
import { adapters } from './providers/index.js';
import type { TurnJob } from './run-turn.js';
import type { Try } from './tries.js';
import type { TurnSink } from './turn-sink.js';
import type { TurnStop } from './turn-stop.js';
import type { Turn } from './turn.js';
import { AnswerReader } from './upstream/answer-reader.js';
import { categoryOf, unreadable, type UpstreamFailure } from './upstream/failure.js';

export interface FailedCall {
  readonly failure: UpstreamFailure;
  /** Something of the answer has been passed on. */
  readonly passed: boolean;
}

/** Undefined when it ended well. */
export async function callModel(
  job: TurnJob,
  turn: Turn,
  to: Try,
  sink: TurnSink,
  stream: boolean,
  stop: TurnStop,
): Promise<FailedCall | undefined> {
  const { candidate, credential } = to;
  const { provider } = candidate;
  const adapter = adapters[provider.api];
  const attempt = new AttemptSink(sink);
  const raw = job.upstream.raw?.of(candidate);
  let reader: AnswerReader | undefined;
  try {
    if (adapter.kind === 'http') {
      reader = new AnswerReader(adapter, candidate, attempt, raw, (text) =>
        createRedactor(routeSecrets(provider)).text(text, upstreamLimits.errorBytes),
      );
      const call = job.upstream.call(provider, adapter.request(turn, candidate, credential, stream), reader);
      stop.onStop((failure) => call.abort(failure));
      job.link.onPause((paused) => (paused ? call.pause() : call.resume()));
      if (job.link.paused) call.pause();
      await call.done;
      reader.finish();
    } else {
      await generate(adapter, job, turn, attempt, stop, raw);
    }
    attempt.ended();
    job.calls.push(noted(to, attempt, 'ok', 'none'));
    return undefined;
  } catch (caught) {
    const failure = unreadable(caught);
    const outcome = failure.reason === 'aborted' ? 'aborted' : 'error';
    if (attempt.usage === noUsage && reader) attempt.usage = reader.usage;
    job.calls.push(noted(to, attempt, outcome, categoryOf(failure)));
    return { failure, passed: attempt.passed };
  }
}

function noted(
  { candidate: { provider, model, facts } }: Try,
  { elapsedMs, firstByteMs, usage }: AttemptSink,
  outcome: ModelCall['outcome'],
  category: string,
): ModelCall {
  const cost = facts.cost && costOf(usage, facts.cost);
  const { id, api } = provider;
  return { ms: elapsedMs, firstByteMs, outcome, category, provider: id, model, api, usage, cost };
}

async function generate(
  adapter: LocalAdapter,
  job: TurnJob,
  turn: Turn,
  sink: TurnSink,
  stop: TurnStop,
  raw: ((event: string) => void) | undefined,
): Promise<void> {
  sink.started();
  let wake: (() => void) | undefined;
  stop.onStop(() => wake?.());
  job.link.onPause(() => wake?.());
  for await (const event of adapter.generate(turn, { testHooks: job.testHooks })) {
    while (job.link.paused && !stop.failure) await new Promise<void>((resolve) => (wake = resolve));
    if (stop.failure) throw stop.failure;
    raw?.(JSON.stringify(event));
    sink.event(event);
  }
  if (stop.failure) throw stop.failure;
}
