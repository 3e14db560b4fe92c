/** One call to a provider for embeddings, noted for metrics and usage however it ends. */
import { upstreamLimits } from '../../../shared/upstream/limits.js';
import { createRedactor } from '../../../shared/log/redact.js';
import { monotonicMs } from '../../../shared/monotonic.js';
import { routeSecrets } from '../../../shared/routes.js';
import { costOf, noUsage } from '../../../shared/usage.js';
import type { ModelCall } from '../protocol.js';
import {
  embeddingsRequest,
  readEmbeddings,
  type Embeddings,
  type EmbeddingsJob,
} from '../providers/openai-embeddings.js';
import type { Try } from '../tries.js';
import type { TurnStop } from '../turn-stop.js';
import { categoryOf, unreadable, type UpstreamFailure } from '../upstream/failure.js';
import { JsonAnswer } from '../upstream/json-answer.js';
import type { Upstream } from '../upstream/upstream.js';

/** @param calls gets the call */
export async function callForEmbeddings(
  job: EmbeddingsJob,
  to: Try,
  upstream: Upstream,
  stop: TurnStop,
  calls: ModelCall[],
): Promise<Embeddings | UpstreamFailure> {
  const { provider, model, facts } = to.candidate;
  const startedAt = monotonicMs();
  let firstByteMs: number | undefined;
  const noted = (outcome: ModelCall['outcome'], category: string, usage = noUsage): void => {
    const cost = facts.cost && costOf(usage, facts.cost);
    const ms = monotonicMs() - startedAt;
    const api = 'openai-embeddings';
    calls.push({ ms, firstByteMs, outcome, category, provider: provider.id, model, api, usage, cost });
  };
  const redact = (text: string): string =>
    createRedactor(routeSecrets(provider)).text(text, upstreamLimits.errorBytes);
  const answer = new JsonAnswer(redact, () => (firstByteMs = monotonicMs() - startedAt));
  try {
    const call = upstream.call(provider, embeddingsRequest(job, to), answer);
    stop.onStop((failure) => call.abort(failure));
    await call.done;
    const embeddings = readEmbeddings(answer.read(), job.texts.length);
    noted('ok', 'none', embeddings.usage);
    return embeddings;
  } catch (caught) {
    const failure = unreadable(caught);
    noted(failure.reason === 'aborted' ? 'aborted' : 'error', categoryOf(failure));
    return failure;
  }
}
