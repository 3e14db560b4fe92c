/**
 * Parts of tasks as flat lists, the form in which they leave their thread: structured clone writes and reads every
 * name in every object anew, which made an answer's way to the process twice as expensive.
 */
import { unreachable } from '../../shared/unreachable.js';
import type { AskMessage } from '../../shared/asking.js';
import type {
  ModelCall,
  PreparedRun,
  TaskId,
  TaskPart,
  TaskSummary,
  ThreadQuestions,
  TurnSummary,
} from './protocol.js';

type Scalar = string | number | boolean | undefined;
type Question = AskMessage<ThreadQuestions>;

/** Type, id, then what the type has; a summary is always last. Questions, which are few, go as they are. */
export type WirePart = readonly [TaskPart['type'], TaskId, ...(Scalar | PreparedRun | Question)[]];

export function encodePart(part: TaskPart): WirePart {
  const { type, id } = part;
  switch (type) {
    case 'head':
      return [type, id];
    case 'data':
      return [type, id, part.text];
    case 'event':
      return [type, id, part.json];
    case 'bytes':
      return [type, id, part.text, part.last];
    case 'prepared':
      return [type, id, part.run, ...flat(part.summary)];
    case 'ask':
      return [type, id, part.message];
    case 'answer':
      return [type, id, part.answer.status, part.answer.retryAfter, part.answer.body, ...flat(part.summary)];
    case 'end':
      return [type, id, ...flat(part.summary)];
    case 'failed':
      return [type, id, part.cause];
    default:
      return unreachable(type);
  }
}

/** The inverse of `encodePart`, which made what it is given. */
export function decodePart(wire: WirePart): TaskPart {
  const [type, id] = wire;
  switch (type) {
    case 'head':
      return { type, id };
    case 'data':
      return { type, id, text: wire[2] as string };
    case 'event':
      return { type, id, json: wire[2] as string };
    case 'bytes':
      return { type, id, text: wire[2] as string, last: wire[3] as boolean };
    case 'prepared':
      return { type, id, run: wire[2] as PreparedRun, summary: summaryAt(wire, 3) };
    case 'ask':
      return { type, id, message: wire[2] as Question };
    case 'answer': {
      const answer = {
        status: wire[2] as number,
        retryAfter: wire[3] as string | undefined,
        body: wire[4] as string,
      };
      return { type, id, answer, summary: summaryAt(wire, 5) };
    }
    case 'end':
      return { type, id, summary: summaryAt(wire, 2) };
    case 'failed':
      return { type, id, cause: wire[2] as string };
    default:
      return unreachable(type);
  }
}

function flat({ waitMs, runMs, error, cause, turn }: TaskSummary): Scalar[] {
  const list: Scalar[] = [waitMs, runMs, error, cause];
  if (!turn) return list;
  list.push(turn.agent, turn.provider, turn.model, turn.api, turn.lane);
  for (const call of turn.calls) addCall(list, call, turn);
  return list;
}

const CALL_SCALARS = 15;

/** Names only where they differ from what was asked for, which is rare. */
function addCall(list: Scalar[], call: ModelCall, turn: TurnSummary): void {
  const { usage, cost } = call;
  const same = call.model === turn.model && call.provider === turn.provider;
  list.push(
    call.ms,
    call.firstByteMs,
    call.outcome,
    call.category,
    same ? undefined : call.provider,
    same ? undefined : call.model,
    same ? undefined : call.api,
    usage.input,
    usage.output,
    usage.cacheRead,
    usage.cacheWrite,
    cost?.input,
    cost?.output,
    cost?.cacheRead,
    cost?.cacheWrite,
  );
}

function summaryAt(wire: WirePart, at: number): TaskSummary {
  const turn = wire.length > at + 4 ? turnAt(wire, at + 4) : undefined;
  return {
    waitMs: wire[at] as number,
    runMs: wire[at + 1] as number,
    error: wire[at + 2] as TaskSummary['error'],
    cause: wire[at + 3] as string | undefined,
    turn,
  };
}

function turnAt(wire: WirePart, at: number): TurnSummary {
  const calls: ModelCall[] = [];
  const turn: TurnSummary = {
    agent: wire[at] as string,
    provider: wire[at + 1] as string,
    model: wire[at + 2] as string,
    api: wire[at + 3] as string,
    lane: wire[at + 4] as TurnSummary['lane'],
    calls,
  };
  for (let next = at + 5; next < wire.length; next += CALL_SCALARS) calls.push(callAt(wire, next, turn));
  return turn;
}

function callAt(wire: WirePart, at: number, turn: TurnSummary): ModelCall {
  const number = (offset: number): number => wire[at + offset] as number;
  return {
    ms: number(0),
    firstByteMs: wire[at + 1] as number | undefined,
    outcome: wire[at + 2] as ModelCall['outcome'],
    category: wire[at + 3] as string,
    provider: (wire[at + 4] as string | undefined) ?? turn.provider,
    model: (wire[at + 5] as string | undefined) ?? turn.model,
    api: (wire[at + 6] as string | undefined) ?? turn.api,
    usage: { input: number(7), output: number(8), cacheRead: number(9), cacheWrite: number(10) },
    cost:
      wire[at + 11] === undefined
        ? undefined
        : { input: number(11), output: number(12), cacheRead: number(13), cacheWrite: number(14) },
  };
}
