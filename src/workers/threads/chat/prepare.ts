/**
 * A request for a completion that is to run on a session (http.md §5.2): what the primary is asked, and what waits here for its
 * turn. Everything that can be wrong with the request has been found by then.
 */
import { createHash, randomUUID } from 'node:crypto';
import { ApiError } from '../../../shared/errors/api-error.js';
import type { Continuation } from '../../../shared/http-run.js';
import { requestLimits } from '../../../shared/limits.js';
import type { SentImage } from '../../../shared/media/sent-image.js';
import type { RouteTable } from '../../../shared/routes.js';
import type { ToolResult } from '../../../shared/store/records.js';
import { isReserved } from '../../../shared/store/session-keys.js';
import { createStreamEncoder } from '../answer-forms.js';
import type { Selection } from '../model-selection.js';
import type { PreparedTurn } from '../prepared-turn.js';
import type { CompletionTask, PreparedRun } from '../protocol.js';
import type { TurnMessage } from '../turn.js';
import { withImages } from './images.js';
import type { CompletionRequest } from './request.js';

/** The others leave nothing behind. */
export function isOnSession({ onSession }: CompletionTask, { user, stored }: CompletionRequest): boolean {
  const { sessionKey, runId } = onSession ?? {};
  return (
    stored || sessionKey !== undefined || runId !== undefined || (user !== undefined && user.trim() !== '')
  );
}

/** @throws ApiError 400, or 413 for a message that is too long for a session */
export function prepareRun(
  task: CompletionTask,
  request: CompletionRequest,
  images: readonly SentImage[] | undefined,
  selection: Selection,
  routes: RouteTable,
): PreparedRun {
  const { runId: keyed, caller } = task.onSession ?? {};
  const { agentId, agentNamed, override } = selection;
  const runId = keyed ?? task.answerId;
  const created = Math.floor(Date.now() / 1000);
  const { stream, includeUsage, model = 'pllan' } = request;
  const { endpoint } = task;
  const form = { endpoint, stream, includeUsage, id: runId, created, model };
  const { system, tools, toolChoice, sampling, messages } = request.turn;
  const { prompt, toolResults, context } = split(messages, images !== undefined);
  const said = prompt?.text ?? '';
  const shown =
    images !== undefined && !prompt ? withImages({ ...request.turn, messages: context }, images) : undefined;
  requireFew(toolResults);
  requireShort([
    said,
    ...toolResults.flatMap(({ toolCallId, toolName = '', text }) => [toolCallId, toolName, text]),
  ]);
  const turn: PreparedTurn = {
    system,
    tools,
    toolChoice,
    sampling,
    context: shown?.messages ?? context,
    ownLines: toolResults.length + (prompt ? 1 : 0),
    caller,
    form,
  };
  return {
    asked: {
      method: endpoint,
      runId,
      sessionKey: sessionKeyOf(task, request, agentId),
      agentId,
      agentNamed,
      model: override,
      message: said,
      images: prompt && images ? images : [],
      toolResults,
      http: {
        created,
        ...(keyed === undefined ? {} : { bodyHash: hashOf(task.body) }),
        ...(endpoint === 'responses' ? { callerHash: hashOf(callerOf(task, request)) } : {}),
      },
      timeoutMs: routes.turnTimeoutMs,
      ...(endpoint === 'responses' ? { continuation: continuationOf(task, request) } : {}),
    },
    turn: JSON.stringify(turn),
    form,
    opening: stream ? createStreamEncoder(form).open() : '',
  };
}

interface Split {
  /** The user's; none where results of tools come alone. */
  readonly prompt: Extract<TurnMessage, { role: 'user' }> | undefined;
  readonly toolResults: readonly ToolResult[];
  readonly context: readonly TurnMessage[];
}

/** What came since the assistant spoke is the request's own, but for what the user said before the last message. */
function split(messages: readonly TurnMessage[], hasImages: boolean): Split {
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  const end = messages.findLastIndex(
    ({ role, text }, n) =>
      role === 'tool' || (role === 'user' && (text !== '' || (hasImages && n === lastUser))),
  );
  const last = messages[end];
  const prompt = last?.role === 'user' ? last : undefined;
  const from = messages.findLastIndex(({ role }, n) => role === 'assistant' && n < end) + 1;
  const own = messages.slice(from, end + 1);
  const names = new Map<string, string>();
  for (const one of messages)
    if (one.role === 'assistant') for (const { id, name } of one.toolCalls) names.set(id, name);
  const toolResults = own.flatMap((one) => {
    if (one.role !== 'tool') return [];
    const { toolCallId, text } = one;
    const toolName = names.get(toolCallId);
    return [{ toolCallId, text, ...(toolName === undefined ? {} : { toolName }) }];
  });
  const before = own.filter((one) => one.role === 'user' && one !== prompt);
  return { prompt, toolResults, context: [...messages.slice(0, from), ...before] };
}

/** The key as its caller writes it; the primary knows what it stands for. @throws ApiError 400 */
function sessionKeyOf(
  { onSession, endpoint }: CompletionTask,
  { user }: CompletionRequest,
  agentId: string,
): string {
  // The primary sees it as a whole, and would find that it is too long.
  if ((user?.length ?? 0) > requestLimits.keyChars)
    throw new ApiError('invalidRequest', { message: 'The session key is too long.' });
  const given = onSession?.sessionKey;
  if (given === undefined) {
    const name = user?.trim().toLowerCase();
    const prefix = endpoint === 'responses' ? 'openresponses' : 'openai';
    return name ? `agent:${agentId}:${prefix}-user:${name}` : `agent:${agentId}:${prefix}:${randomUUID()}`;
  }
  if (!isReserved(given)) return given;
  throw new ApiError('invalidRequest', {
    message: '`x-pllan-session-key` cannot use reserved internal session namespaces.',
  });
}

/** A key that its caller names goes before the answer that it names. */
function continuationOf(task: CompletionTask, request: CompletionRequest): Continuation {
  const caller = callerOf(task, request);
  const { previous } = request;
  // A longer one is of no answer.
  const isKnown = previous !== undefined && previous.length <= requestLimits.textChars;
  return !isKnown || task.onSession?.sessionKey !== undefined ? { caller } : { caller, previous };
}

/** Who may go on with an answer: credential and user. */
function callerOf(
  { subject }: Pick<CompletionTask, 'subject'>,
  { user = '' }: Pick<CompletionRequest, 'user'>,
): string {
  return JSON.stringify([subject, user.trim().toLowerCase()]);
}

/** As its answers are kept with; of a caller without a `user`. */
export function callerHashOf(task: CompletionTask): string {
  return hashOf(callerOf(task, { user: undefined }));
}

/** Each becomes a line of the session. */
function requireFew(results: readonly ToolResult[]): void {
  const { toolResults } = requestLimits;
  if (results.length <= toolResults) return;
  throw new ApiError('payloadTooLarge', {
    message: `On a session a request may bring ${toolResults} results of tools`,
  });
}

function requireShort(texts: readonly string[]): void {
  const { messageChars } = requestLimits;
  if (texts.reduce((sum, { length }) => sum + length, 0) <= messageChars) return;
  throw new ApiError('payloadTooLarge', {
    message: `On a session a message may have ${messageChars} characters`,
  });
}

function hashOf(body: CompletionTask['body']): string {
  return createHash('sha256').update(body).digest('hex');
}
