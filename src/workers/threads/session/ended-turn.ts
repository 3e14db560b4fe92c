/** How the end of a turn on a session is told: to its user, to metrics and to the log. */
import { upstreamLimits } from '../../../shared/upstream/limits.js';
import type { RunErrorKind, TurnEnd } from '../../../shared/run-job.js';
import { asApiError } from '../as-api-error.js';
import { storedCall } from '../client-tool-calls.js';
import type { TaskLink } from '../link.js';
import type { TaskSummary } from '../protocol.js';
import { spentBy } from '../spent.js';
import { summarize, type TaskProgress } from '../task-progress.js';
import type { ToolCall } from '../turn.js';
import { isContextOverflow, UpstreamFailure } from '../upstream/failure.js';

export interface EndedTurn {
  readonly end: TurnEnd;
  /** For metrics and the log. */
  readonly error: TaskSummary['error'];
  readonly cause: string | undefined;
}

/**
 * @param stopReason why the model stopped
 * @param toolCalls of its last answer, for its client
 */
export function goodTurn(
  { calls }: TaskProgress,
  stopReason: Extract<TurnEnd, { readonly status: 'ok' }>['stopReason'],
  toolCalls: readonly ToolCall[] = [],
): EndedTurn {
  const asked = toolCalls.length > 0 ? { toolCalls: toolCalls.map(storedCall) } : {};
  const end = { status: 'ok', stopReason, ...spentBy(calls), ...asked } as const;
  return { end, error: undefined, cause: undefined };
}

/** Ends the task. */
export function answerEnd(link: TaskLink, { end, error, cause }: EndedTurn, progress: TaskProgress): void {
  const body = JSON.stringify(end);
  link.answer({ status: 200, retryAfter: undefined, body }, summarize(progress, error, cause));
}

export function failedTurn(caught: unknown, link: TaskLink): EndedTurn {
  const error = asApiError(caught);
  const told = {
    error: link.aborted ? 'aborted' : error.kind,
    cause: typeof error.cause === 'string' ? error.cause : undefined,
  } as const;
  if (caught instanceof UpstreamFailure && caught.reason === 'turn-timeout')
    return { ...told, end: { status: 'timeout' } };
  const message = error.message.slice(0, upstreamLimits.messageChars);
  const { kind, retryAfter } = error;
  const failure = { error: kind, ...(retryAfter === undefined ? {} : { retryAfter }) };
  return { ...told, end: { status: 'error', kind: kindOf(caught), message, failure } };
}

function kindOf(caught: unknown): RunErrorKind {
  if (isContextOverflow(caught)) return 'context_length';
  if (!(caught instanceof UpstreamFailure)) return 'unknown';
  if (caught.reason.endsWith('timeout')) return 'timeout';
  return caught.status === 429 ? 'rate_limit' : 'unknown';
}
