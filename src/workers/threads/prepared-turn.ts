/**
 * A request that waits for its turn on a session, whatever its endpoint: what of it only the model sees, and how its
 * answer is told. What the session keeps of it, the primary has.
 */
import type { HttpRunMethod } from '../../shared/store/records.js';
import type { CallerContext } from './protocol.js';
import type { Turn, TurnMessage } from './turn.js';

export interface PreparedTurn extends Pick<Turn, 'system' | 'tools' | 'toolChoice' | 'sampling'> {
  /** Earlier messages of the request: shown before its prompt, and not stored. */
  readonly context: readonly TurnMessage[];
  /** Lines that the session gets of the request itself. */
  readonly ownLines: number;
  readonly caller: CallerContext | undefined;
  readonly form: AnswerForm;
}

/** How an answer is told. */
export interface AnswerForm {
  readonly endpoint: HttpRunMethod;
  readonly stream: boolean;
  /** A chat completion's stream ends with a chunk that says what was used. */
  readonly includeUsage: boolean;
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  /** The name that was asked for. */
  readonly model: string;
}

/** The messages of the turn: what the session holds, the request's own last lines at the end, and the context. */
export function withContext(
  held: readonly TurnMessage[],
  { context, ownLines }: PreparedTurn,
): TurnMessage[] {
  const at = Math.max(0, held.length - ownLines);
  const [before, own] = [held.slice(0, at), held.slice(at)];
  const answered = new Set(own.flatMap((one) => (one.role === 'tool' ? [one.toolCallId] : [])));
  const isAnswered = (message: TurnMessage): boolean =>
    message.role === 'assistant' && message.toolCalls.some(({ id }) => answered.has(id));
  // Results follow the calls: where the session holds these, nothing comes between, and they are not told twice.
  if (before.some(isAnswered)) return [...context.filter((one) => !isAnswered(one)), ...before, ...own];
  return [...before, ...context, ...own];
}
