/**
 * One completion, whatever its endpoint, from the bytes of the request to the bytes of the answer.
 *
 *   decode ─▶ select model ─▶ run turn ─▶ encode
 *      │            └──▶ prepared, for one on a session: run when its turn there comes (`session/turn.ts`)
 *      └────────────┴─────────────┴──▶ error: a JSON answer while no head is out, else an event in the stream
 *
 * A stream's head waits for the provider's, so that a refusal still gets its true status; it does not wait
 * longer than `headHoldMs`, so that client and proxies see that someone is there.
 */
import { apiErrorBody } from '../../../shared/errors/api-error.js';
import { upstreamLimits } from '../../../shared/upstream/limits.js';
import { createStreamEncoder, encodeAnswer, encodeBrokenStream, encodeRunError } from '../answer-forms.js';
import { asApiError } from '../as-api-error.js';
import type { TaskLink } from '../link.js';
import { selectModel } from '../model-selection.js';
import { offeredTools, type OfferedTools } from '../offered-tools.js';
import type { AnswerForm } from '../prepared-turn.js';
import type { CompletionTask } from '../protocol.js';
import type { Recall } from '../responses/recall.js';
import { readResponseRequest } from '../responses/request.js';
import { completeTurn, streamTurn, type TurnJob, type TurnServices } from '../run-turn.js';
import { requireImageModel } from '../text-only-model.js';
import { beginTask, summarize, type TaskProgress } from '../task-progress.js';
import { eventsOf, ResultSink } from '../turn-sink.js';
import type { TurnEvent } from '../turn.js';
import { withAttachments } from './attachments.js';
import { withImages } from './images.js';
import { isOnSession, prepareRun } from './prepare.js';
import { readChatRequest, type CompletionRequest } from './request.js';
import { requireDemandedCall } from './tools.js';
import { completeWithTools, streamWithTools } from './with-tools.js';

/** Never rejects: whatever happens, the link gets one answer or one ended stream. */
export async function answerCompletion(
  task: CompletionTask,
  link: TaskLink,
  services: TurnServices,
  openRecall: () => Promise<Recall>,
): Promise<void> {
  const progress: Progress = { ...beginTask(task.queuedAt), headSent: false, form: undefined };
  try {
    const read = await readers[task.endpoint](task.body, openRecall);
    const selection = selectModel(
      { model: read.model, agentHeader: task.agentId, modelHeader: task.model },
      services.routes,
    );
    const { request, images } = await withAttachments(task, read, services.routes, link);
    if (isOnSession(task, request)) {
      link.prepared(prepareRun(task, request, images, selection, services.routes), summarize(progress));
      return;
    }
    progress.selection = selection;
    if (images) requireImageModel(selection, services.routes);
    const job: TurnJob = {
      turn: images ? withImages(request.turn, images) : request.turn,
      selection,
      upstream: services.upstream,
      link,
      timeoutMs: services.routes.turnTimeoutMs,
      testHooks: services.testHooks,
      calls: progress.calls,
    };
    const offered = offeredTools(services.tools, selection, { sessionKey: '' }, request.turn);
    const form = formOf(task, request);
    progress.form = form;
    if (request.stream) {
      await stream(form, job, offered, progress);
      link.end(summarize(progress));
    } else {
      const result = offered ? await completeWithTools(job, offered) : await completeTurn(job);
      requireDemandedCall(
        request.turn.toolChoice,
        result.toolCalls.map(({ name }) => name),
      );
      const body = encodeAnswer(form, result);
      link.answer({ status: 200, retryAfter: undefined, body }, summarize(progress));
    }
  } catch (caught) {
    answerError(caught, progress, link);
  }
}

const readers = { 'chat.completions': readChatRequest, responses: readResponseRequest } as const;

interface Progress extends TaskProgress {
  headSent: boolean;
  /** Absent until the run has begun. */
  form: AnswerForm | undefined;
}

async function stream(
  form: AnswerForm,
  job: TurnJob,
  offered: OfferedTools | undefined,
  progress: Progress,
): Promise<void> {
  const encoder = createStreamEncoder(form);
  // Its last event has all of the answer again: more than a document may have is refused here as well.
  const held = form.endpoint === 'responses' ? new ResultSink() : undefined;
  const { link } = job;
  const open = (): void => {
    if (progress.headSent) return;
    progress.headSent = true;
    clearTimeout(hold);
    link.head();
    link.data(encoder.open());
  };
  const hold = setTimeout(open, upstreamLimits.headHoldMs);
  try {
    const event = (one: TurnEvent): void => {
      held?.event(one);
      link.data(encoder.event(one));
    };
    if (offered) await streamWithTools(job, offered, { started: open, event });
    else
      await streamTurn(job, {
        started: open,
        event,
        result: (result) => eventsOf(result).forEach(event),
      });
  } finally {
    clearTimeout(hold);
  }
  requireDemandedCall(job.turn.toolChoice, encoder.calledTools);
  link.data(encoder.close());
}

function answerError(caught: unknown, progress: Progress, link: TaskLink): void {
  const error = asApiError(caught);
  const cause = typeof error.cause === 'string' ? error.cause : undefined;
  const summary = summarize(progress, link.aborted ? 'aborted' : error.kind, cause);
  const { form } = progress;
  if (progress.headSent && form) {
    link.data(encodeBrokenStream(form, error.kind));
    link.end(summary);
  } else {
    const body = form ? encodeRunError(form, error) : apiErrorBody(error.kind, error.message);
    link.answer({ status: error.status, retryAfter: error.retryAfter, body }, summary);
  }
}

function formOf({ endpoint, answerId }: CompletionTask, request: CompletionRequest): AnswerForm {
  const { stream: isStream, includeUsage, model = 'pllan' } = request;
  const created = Math.floor(Date.now() / 1000);
  return { endpoint, stream: isStream, includeUsage, id: answerId, created, model };
}
