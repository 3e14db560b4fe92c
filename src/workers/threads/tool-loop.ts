/**
 * A turn with tools (runs-and-events.md §13): the model answers, the gateway runs the tools that it has called and shows
 * it the results, until it calls none, or calls those of its client, who goes on then.
 *
 *   ask ──▶ no call, or a client's only ──▶ end
 *    ▲  └─▶ own calls ──all at once──▶ results, in the order of the calls ──▶ a client's call too ──▶ end
 *    └──────────────────────────────────────────────┘
 *
 * What goes wrong with a call is its result. A bound that is reached asks the model once more, for an answer without calls.
 */
import { toolLoopLimits } from '../../shared/tools/limits.js';
import { jsonProblem } from '../../shared/json-problem.js';
import { toError } from '../../shared/to-error.js';
import { bytesOf, shortened } from '../../shared/tools/tool-event.js';
import { toolError, type ToolOutcome } from '../../shared/tools/tool-call.js';
import type { OfferedTools } from './offered-tools.js';
import type { ToolCall, TurnMessage, TurnResult } from './turn.js';
import { isContextOverflow } from './upstream/failure.js';

export interface ToolLoop {
  readonly offered: OfferedTools;
  /** Names of the tools that its client runs itself. */
  readonly clientTools: ReadonlySet<string>;
  /** One answer of the model. @param added messages since the turn began */
  ask(added: readonly TurnMessage[], mayCall: boolean): Promise<TurnResult>;
  /** Tools are about to run. */
  beginTools(): ToolPhase;
  run(call: OwnCall, signal: AbortSignal): Promise<ToolOutcome>;
  readonly observer: ToolObserver;
}

/** While tools run. */
export interface ToolPhase {
  /** Aborted when the turn has to end: its client is gone, or its time is up. */
  readonly signal: AbortSignal;
  /** @throws UpstreamFailure when the turn has to end */
  end(): void;
}

/** A call of one of the gateway's tools. */
export interface OwnCall extends ToolCall {
  /** Undefined when what the model wrote is not an object; `problem` says what it is. */
  readonly args: Readonly<Record<string, unknown>> | undefined;
  readonly problem: string;
}

/** What others want to know of a turn while it goes on. */
export interface ToolObserver {
  /** The model has called them; its answer is over. */
  called(calls: readonly OwnCall[]): void;
  started(call: OwnCall): void;
  ended(call: OwnCall, outcome: ToolOutcome): void;
  /** In the order of the calls; `text` as the model is shown it. */
  result(call: OwnCall, text: string, isError: boolean): void;
}

/** The last answer, with calls of the client's tools only. @throws what `ask` throws */
export async function runToolLoop(loop: ToolLoop): Promise<TurnResult> {
  let added: TurnMessage[] = [];
  const bounds = createBounds();
  const ids = new Set<string>();
  const ask = async (mayCall: boolean): Promise<TurnResult> => {
    try {
      return await loop.ask(added, mayCall);
    } catch (caught) {
      const shorter = isContextOverflow(caught) ? shortenResults(added) : undefined;
      if (!shorter) throw caught;
      added = shorter;
      return loop.ask(added, mayCall);
    }
  };
  for (;;) {
    const mayCall = bounds.round();
    const answer = await ask(mayCall);
    const clients = answer.toolCalls.filter(({ name }) => loop.clientTools.has(name));
    const calls = answer.toolCalls
      .filter((call) => !clients.includes(call))
      .map((call) => ownCall(call, ids));
    if (calls.length === 0) return answer;
    if (!mayCall) return withCalls(answer, clients);
    loop.observer.called(calls);
    const { text, reasoning = [] } = answer;
    added.push({ role: 'assistant', text, toolCalls: calls.map(asCall), reasoning });
    added.push(...(await runCalls(loop, calls, bounds)));
    if (clients.length > 0) return { ...withCalls(answer, clients), text: '' };
  }
}

/** All at once; gives what the model is shown. @throws UpstreamFailure when the turn has to end */
async function runCalls(loop: ToolLoop, calls: readonly OwnCall[], bounds: Bounds): Promise<TurnMessage[]> {
  const { observer } = loop;
  const phase = loop.beginTools();
  const run = async (call: OwnCall): Promise<ToolOutcome> => {
    const refusal = bounds.call();
    observer.started(call);
    const outcome = await outcomeOf(loop, call, refusal, phase.signal);
    if (!phase.signal.aborted) observer.ended(call, outcome);
    return outcome;
  };
  const running = calls.map(run);
  const results: TurnMessage[] = [];
  for (const [n, call] of calls.entries()) {
    const outcome = (await running[n]) as ToolOutcome;
    if (phase.signal.aborted) break;
    const isError = outcome.status === 'error';
    const text = bounds.shown(isError ? `Error: ${outcome.message}` : textOf(outcome.content));
    observer.result(call, text, isError);
    results.push({ role: 'tool', toolCallId: call.id, text, isError });
  }
  phase.end();
  return results;
}

/** Never rejects. @param refusal why it is not to run */
async function outcomeOf(
  loop: ToolLoop,
  call: OwnCall,
  refusal: string | undefined,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  if (refusal !== undefined) return toolError('overloaded', refusal);
  if (!loop.offered.has(call.name)) return toolError('not-found', `Tool not available: ${call.name}`);
  if (!call.args) return toolError('input', call.problem);
  try {
    return await loop.run(call, signal);
  } catch (caught) {
    return toolError('failed', toError(caught).message);
  }
}

/** Some providers number their calls anew with each answer: within a turn no two are alike. */
function ownCall(call: ToolCall, ids: Set<string>): OwnCall {
  let { id } = call;
  for (let n = 2; id === '' || ids.has(id); n += 1) id = `${call.id || 'call'}_${n}`;
  ids.add(id);
  return { ...call, id, ...readArguments(call.arguments) };
}

function readArguments(text: string): Pick<OwnCall, 'args' | 'problem'> {
  if (text.trim() === '') return { args: {}, problem: '' };
  try {
    const args: unknown = JSON.parse(text);
    if (typeof args === 'object' && args !== null && !Array.isArray(args))
      return { args: args as Record<string, unknown>, problem: '' };
    return { args: undefined, problem: 'the arguments are not a JSON object' };
  } catch (caught) {
    return { args: undefined, problem: `the arguments are not valid JSON: ${jsonProblem(caught)}` };
  }
}

function asCall({ id, name, arguments: args }: OwnCall): ToolCall {
  return { id, name, arguments: args };
}

function withCalls(answer: TurnResult, toolCalls: readonly ToolCall[]): TurnResult {
  const finish =
    toolCalls.length > 0 ? 'tool_calls' : answer.finish === 'tool_calls' ? 'stop' : answer.finish;
  return { ...answer, toolCalls, finish };
}

/** Images are named: providers do not agree on how a result could have some. */
function textOf(content: Extract<ToolOutcome, { status: 'ok' }>['content']): string {
  return content
    .map((block) =>
      block.type === 'text' ? block.text : `[image: ${block.mimeType}, ${bytesOf(block.data)} bytes]`,
    )
    .join('\n');
}

interface Bounds {
  /** Another answer; whether the model may call tools in it. */
  round(): boolean;
  /** Another call; why it is not to run, if it is not. */
  call(): string | undefined;
  /** A result as far as the model is shown it. */
  shown(text: string): string;
}

function createBounds(): Bounds {
  const {
    rounds: mostRounds,
    callsPerRound,
    calls: mostCalls,
    resultChars,
    totalResultChars,
  } = toolLoopLimits;
  let rounds = 0;
  let inRound = 0;
  let calls = 0;
  let chars = 0;
  return {
    round() {
      rounds += 1;
      inRound = 0;
      return rounds <= mostRounds && calls < mostCalls && chars < totalResultChars;
    },
    call() {
      inRound += 1;
      calls += 1;
      if (inRound > callsPerRound) return `more than ${callsPerRound} calls at once`;
      return calls > mostCalls ? `more than ${mostCalls} calls in one turn` : undefined;
    },
    shown(text) {
      const shown = shortened(text, Math.min(resultChars, Math.max(0, totalResultChars - chars)));
      chars += shown.length;
      return shown;
    },
  };
}

/** Undefined when none of them is long. */
function shortenResults(messages: readonly TurnMessage[]): TurnMessage[] | undefined {
  const most = toolLoopLimits.shortChars;
  const isLong = (message: TurnMessage): boolean => message.role === 'tool' && message.text.length > 2 * most;
  if (!messages.some(isLong)) return undefined;
  return messages.map((message) =>
    isLong(message) ? { ...message, text: shortened(message.text, most) } : message,
  );
}
