/**
 * One chat completion, from the bytes of the request to the bytes of the answer.
 *
 *   decode ─▶ select model ─▶ run turn ─▶ encode
 *      │            └──▶ prepared, for one on a session: run when its turn there comes (`session/turn.ts`)
 *      └────────────┴─────────────┴──▶ error: a JSON answer while no head is out, else an event in the stream
 *
 * A stream's head waits for the provider's, so that a refusal still gets its true status; it does not wait
 * longer than `headHoldMs`, so that client and proxies see that someone is there.
 */
import { randomUUID } from 'node:crypto';
import { apiErrorBody } from '../../../shared/errors/api-error.js';
import { upstreamLimits } from '../../../shared/limits.js';
import { asApiError } from '../as-api-error.js';
import type { TaskLink } from '../link.js';
import { selectModel } from '../model-selection.js';
import { offeredTools, type OfferedTools } from '../offered-tools.js';
import type { ChatTask } from '../protocol.js';
import { completeTurn, streamTurn, type TurnJob, type TurnServices } from '../run-turn.js';
import { requireImageModel } from '../text-only-model.js';
import { beginTask, summarize, type TaskProgress } from '../task-progress.js';
import { eventsOf } from '../turn-sink.js';
import type { TurnEvent } from '../turn.js';
import {
  createChunkEncoder,
  encodeCompletion,
  encodeStreamError,
  type CompletionIdentity,
} from './encode.js';
import { readImages, withImages } from './images.js';
import { isOnSession, prepareChat } from './prepare.js';
import { readChatRequest, type ChatRequest } from './request.js';
import { requireDemandedCall } from './tools.js';
import { completeWithTools, streamWithTools } from './with-tools.js';

/** Never rejects: whatever happens, the link gets one answer or one ended stream. */
export async function answerChat(task: ChatTask, link: TaskLink, services: TurnServices): Promise<void> {
  const progress: Progress = { ...beginTask(task.queuedAt), headSent: false };
  try {
    const request = readChatRequest(task.body);
    const selection = selectModel(
      { model: request.model, agentHeader: task.agentId, modelHeader: task.model },
      services.routes,
    );
    const images =
      request.imageUrls && (await readImages(request.imageUrls, services.routes.chatImages, link));
    if (isOnSession(task, request)) {
      link.prepared(prepareChat(task, request, images, selection, services.routes), summarize(progress));
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
    const offered = offeredTools(services.tools, selection, '', request.turn);
    if (request.stream) {
      await stream(request, job, offered, progress);
      link.end(summarize(progress));
    } else {
      const result = offered ? await completeWithTools(job, offered, progress) : await completeTurn(job);
      progress.usage = result.usage;
      requireDemandedCall(
        request.turn.toolChoice,
        result.toolCalls.map(({ name }) => name),
      );
      const body = encodeCompletion(identify(request), result);
      link.answer({ status: 200, retryAfter: undefined, body }, summarize(progress));
    }
  } catch (caught) {
    answerError(caught, progress, link);
  }
}

interface Progress extends TaskProgress {
  headSent: boolean;
}

async function stream(
  request: ChatRequest,
  job: TurnJob,
  offered: OfferedTools | undefined,
  progress: Progress,
): Promise<void> {
  const encoder = createChunkEncoder(identify(request), request.includeUsage);
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
    const event = (one: TurnEvent): void => link.data(encoder.event(one));
    if (offered) await streamWithTools(job, offered, { started: open, event }, progress);
    else
      await streamTurn(job, {
        started: open,
        event,
        result: (result) => eventsOf(result).forEach(event),
      });
  } finally {
    clearTimeout(hold);
    if (!offered) progress.usage = encoder.usage;
  }
  requireDemandedCall(request.turn.toolChoice, encoder.calledTools);
  link.data(encoder.close());
}

function answerError(caught: unknown, progress: Progress, link: TaskLink): void {
  const error = asApiError(caught);
  const cause = typeof error.cause === 'string' ? error.cause : undefined;
  const summary = summarize(progress, link.aborted ? 'aborted' : error.kind, cause);
  if (progress.headSent) {
    link.data(encodeStreamError(error.kind));
    link.end(summary);
  } else {
    const body = apiErrorBody(error.kind, error.message);
    link.answer({ status: error.status, retryAfter: error.retryAfter, body }, summary);
  }
}

function identify(request: ChatRequest): CompletionIdentity {
  return {
    id: `chatcmpl_${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: request.model ?? 'pllan',
  };
}
