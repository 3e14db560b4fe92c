/**
 * What is told of a tool while a turn goes on (runs-and-events.md §2, stream `tool`), as JSON that nobody has to read on
 * its way: all of it, and what observers are told who are not to see what goes in and comes out.
 */
import { toolLoopLimits } from './limits.js';
import type { ToolContent, ToolOutcome } from './tool-call.js';

export interface ToolEvent {
  readonly phase: 'start' | 'update' | 'result';
  readonly full: string;
  readonly reduced: string;
}

export interface CalledTool {
  readonly toolCallId: string;
  readonly name: string;
}

export function toolStarted({ toolCallId, name }: CalledTool, args: unknown): ToolEvent {
  return both({ phase: 'start', name, toolCallId }, { args: shownArgs(args) });
}

export function toolUpdated({ toolCallId, name }: CalledTool, partial: readonly ToolContent[]): ToolEvent {
  return both({ phase: 'update', name, toolCallId }, { partialResult: { content: shownContent(partial) } });
}

export function toolEnded({ toolCallId, name }: CalledTool, outcome: ToolOutcome): ToolEvent {
  const isError = outcome.status === 'error';
  return both({ phase: 'result', name, toolCallId, isError }, { result: shownResult(outcome) });
}

type Facts = { readonly phase: ToolEvent['phase'] } & Readonly<Record<string, unknown>>;

function both(facts: Facts, more: object): ToolEvent {
  return { phase: facts.phase, full: JSON.stringify({ ...facts, ...more }), reduced: JSON.stringify(facts) };
}

function shownResult(outcome: ToolOutcome): object {
  if (outcome.status === 'error') return { content: [{ type: 'text', text: shortened(outcome.message) }] };
  const { content, details } = outcome;
  const fits = details !== undefined && JSON.stringify(details).length <= toolLoopLimits.eventChars;
  return { content: shownContent(content), ...(fits ? { details } : {}) };
}

/** All texts of one result together are as long as one may be; images are named. */
function shownContent(content: readonly ToolContent[]): object[] {
  let room: number = toolLoopLimits.eventChars;
  return content.map((block) => {
    if (block.type === 'image')
      return { type: 'image', mimeType: block.mimeType, omitted: true, bytes: bytesOf(block.data) };
    const text = shortened(block.text, room);
    room = Math.max(0, room - block.text.length);
    return { type: 'text', text };
  });
}

function shownArgs(args: unknown): unknown {
  if (JSON.stringify(args ?? null).length <= toolLoopLimits.eventArgsChars) return args;
  if (typeof args !== 'object' || args === null) return shortened(String(args));
  const short = Object.entries(args).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return [name, text.length <= ARGUMENT_CHARS ? (value as unknown) : shortened(text, ARGUMENT_CHARS)];
  });
  return Object.fromEntries(short.slice(0, ARGUMENTS));
}

/** Of arguments that are too long together. */
const ARGUMENT_CHARS = 1_000;
const ARGUMENTS = 32;

/** With a word that it is not all. */
export function shortened(text: string, most: number = toolLoopLimits.eventChars): string {
  return text.length <= most ? text : `${text.slice(0, most)}\n...(truncated)...`;
}

/** What a text in base64 stands for. */
export function bytesOf(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}
