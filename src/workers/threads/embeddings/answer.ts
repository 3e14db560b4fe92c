/** `POST /v1/embeddings`, from the bytes of the request to the bytes of the answer (http.md §6). */
import { apiErrorBody } from '../../../shared/errors/api-error.js';
import { upstreamLimits } from '../../../shared/upstream/limits.js';
import { asApiError } from '../as-api-error.js';
import type { TaskLink } from '../link.js';
import type { EmbeddingsTask } from '../protocol.js';
import type { EmbeddingsJob, Embeddings } from '../providers/openai-embeddings.js';
import type { FailedCall } from '../model-call.js';
import { pauseAfter, tryAll, type TurnServices } from '../run-turn.js';
import { beginTask, summarize, type TaskProgress } from '../task-progress.js';
import { Tries, type Try } from '../tries.js';
import { TurnStop } from '../turn-stop.js';
import { UpstreamFailure } from '../upstream/failure.js';
import { callForEmbeddings } from './call.js';
import { encodeEmbeddings } from './encode.js';
import { readEmbeddingsRequest } from './request.js';
import { selectEmbeddingModel } from './select.js';

/** Never rejects: whatever happens, the link gets one answer. */
export async function answerEmbeddings(
  task: EmbeddingsTask,
  link: TaskLink,
  services: TurnServices,
): Promise<void> {
  const progress = beginTask(task.queuedAt);
  try {
    const { model, job } = readEmbeddingsRequest(task.body);
    progress.selection = selectEmbeddingModel(
      { model, agentHeader: task.agentId, modelHeader: task.model },
      services.routes,
    );
    const embeddings = await embed(job, progress, link, services);
    const body = encodeEmbeddings(embeddings, job.format, model);
    link.answer({ status: 200, retryAfter: undefined, body }, summarize(progress));
  } catch (caught) {
    const error = asApiError(caught);
    const cause = typeof error.cause === 'string' ? error.cause : undefined;
    const body = apiErrorBody(error.kind, error.message);
    const summary = summarize(progress, link.aborted ? 'aborted' : error.kind, cause);
    link.answer({ status: error.status, retryAfter: error.retryAfter, body }, summary);
  }
}

/** @throws UpstreamFailure */
async function embed(
  job: EmbeddingsJob,
  { selection, calls }: TaskProgress,
  link: TaskLink,
  { routes, upstream }: TurnServices,
): Promise<Embeddings> {
  let made: Embeddings | undefined;
  const stop = new TurnStop(routes.turnTimeoutMs, link, upstream.deadlines);
  const tries = new Tries(selection?.candidates ?? [], { messages: [] }, upstream, calls);
  /** Asks again where the connection broke before anything came. */
  const call = async (to: Try): Promise<FailedCall | undefined> => {
    for (let attempt = 1; ; attempt += 1) {
      const result = await callForEmbeddings(job, to, upstream, stop, calls);
      if (!(result instanceof UpstreamFailure)) {
        made = result;
        return undefined;
      }
      const again = result.reason === 'connection' && attempt < upstreamLimits.attempts && !stop.failure;
      if (!again) return { failure: result, passed: false };
      await pauseAfter(attempt);
      if (stop.failure) return { failure: stop.failure, passed: false };
    }
  };
  try {
    await tryAll(tries, upstream, stop, call);
  } finally {
    stop.dispose();
  }
  if (!made) throw new Error('embeddings were made and are not there');
  return made;
}
