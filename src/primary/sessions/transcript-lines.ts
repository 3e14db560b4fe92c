/** Makes the lines of a transcript (runs-and-events.md §8). */
import { randomUUID } from 'node:crypto';
import type { Compaction } from '../../shared/run-job.js';
import type { ClientToolCall, RunRecord, TranscriptEntry } from '../../shared/store/records.js';
import { HEARTBEAT_LINE } from '../../shared/heartbeat-ack.js';
import { totalCost, totalTokens, type Cost, type Usage } from '../../shared/usage.js';

export interface TextBlock {
  readonly type: 'text';
  readonly text: string;
}

export interface AssistantFacts {
  readonly provider: string;
  readonly model: string;
  readonly usage: Usage;
  readonly cost?: Cost | undefined;
  readonly stopReason: string;
  readonly toolCalls?: readonly ClientToolCall[];
  /** The run that it answers in; a message without a turn has none. */
  readonly runId?: string;
}

/** The first line of a transcript. */
export function sessionLine(sessionId: string, cwd: string, at: number): TranscriptEntry {
  return { type: 'session', version: 3, id: sessionId, timestamp: iso(at), cwd };
}

export type UserMessage = Pick<RunRecord, 'message' | 'images'> & Partial<Pick<RunRecord, 'runId'>>;

/** `parentId`: the line before it; null for the first message. */
export function userLine(said: UserMessage, parentId: string | null, at: number): TranscriptEntry {
  const { message, images = [], runId } = said;
  const content = [...(message === '' ? [] : [textBlock(message)]), ...images];
  return messageLine({ role: 'user', content, timestamp: at }, runId, parentId, at);
}

/**
 * What a run adds before it is answered: results of its client's tools, what the user says. Both at once, or one of them.
 *
 * @param before the session's last line, in which the tools were called
 */
export function saidLines(
  said: UserMessage & Pick<RunRecord, 'toolResults'> & Partial<Pick<RunRecord, 'method'>>,
  parentId: string | null,
  at: number,
  before: TranscriptEntry | undefined,
): TranscriptEntry[] {
  const { message, images = [], toolResults = [], runId, method } = said;
  // Nobody has said it.
  if (method === 'heartbeat') return [customMessageLine(HEARTBEAT_LINE, message, parentId, at)];
  const lines: TranscriptEntry[] = [];
  for (const { toolCallId, toolName = nameOf(toolCallId, before), text } of toolResults) {
    const result = { toolCallId, toolName, text, isError: false, runId };
    lines.push(toolResultLine(result, lines.at(-1)?.id ?? parentId, at));
  }
  if (lines.length === 0 || message !== '' || images.length > 0)
    lines.push(userLine(said, lines.at(-1)?.id ?? parentId, at));
  return lines;
}

export interface ToolResultFacts {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly text: string;
  readonly isError: boolean;
  readonly runId: string | undefined;
}

export function toolResultLine(
  { toolCallId, toolName, text, isError, runId }: ToolResultFacts,
  parentId: string | null,
  at: number,
): TranscriptEntry {
  const content = [textBlock(text)];
  const result = { role: 'toolResult', toolCallId, toolName, content, isError, timestamp: at };
  return messageLine(result, runId, parentId, at);
}

/** The name under which that line calls the tool. */
function nameOf(toolCallId: string, line: TranscriptEntry | undefined): string {
  const { content = [] } = (line?.message ?? {}) as { content?: readonly Partial<ClientToolCall>[] };
  return content.find(({ id }) => id === toolCallId)?.name ?? 'unknown';
}

export function assistantLine(
  text: string,
  facts: AssistantFacts,
  parentId: string | null,
  at: number,
): TranscriptEntry {
  const { provider, model, usage, cost, stopReason, toolCalls = [], runId } = facts;
  const { input, output, cacheRead, cacheWrite } = usage;
  const priced = cost === undefined ? {} : { cost: { ...cost, total: totalCost(cost) } };
  const counted = { input, output, cacheRead, cacheWrite, totalTokens: totalTokens(usage), ...priced };
  const calls = toolCalls.map((call) => ({ type: 'toolCall', ...call }));
  const content = [...(text === '' ? [] : [textBlock(text)]), ...calls];
  const said = { role: 'assistant', content, provider, model, usage: counted, stopReason, timestamp: at };
  return messageLine(said, runId, parentId, at);
}

/** A line that the model is shown and people are not. */
export function customMessageLine(
  customType: string,
  content: string,
  parentId: string | null,
  at: number,
): TranscriptEntry {
  const display = false;
  return { type: 'custom_message', id: lineId(), parentId, timestamp: iso(at), customType, content, display };
}

/** From here on the model is shown the summary instead of what came before the first kept line. */
export function compactionLine(compaction: Compaction, parentId: string | null, at: number): TranscriptEntry {
  const { summary, firstKept, tokensBefore } = compaction;
  const id = lineId();
  // Where nothing is kept, that is the line itself.
  const firstKeptEntryId = firstKept ?? id;
  return { type: 'compaction', id, parentId, timestamp: iso(at), summary, firstKeptEntryId, tokensBefore };
}

function messageLine(
  message: object,
  runId: string | undefined,
  parentId: string | null,
  at: number,
): TranscriptEntry {
  const line = { type: 'message', id: lineId(), parentId, timestamp: iso(at), message };
  return runId === undefined ? line : { ...line, runId };
}

/** The random digits that an UUID begins with: Node makes many of them at once. */
function lineId(): string {
  return randomUUID().slice(0, 8);
}

export function textBlock(text: string): TextBlock {
  return { type: 'text', text };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
