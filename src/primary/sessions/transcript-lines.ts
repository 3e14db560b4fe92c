/** Makes the lines of a transcript (runs-and-events.md §8). */
import { randomBytes } from 'node:crypto';
import type { Compaction } from '../../shared/run-job.js';
import type { RunRecord, TranscriptEntry } from '../../shared/store/records.js';

export interface TextBlock {
  readonly type: 'text';
  readonly text: string;
}

export interface AssistantFacts {
  readonly provider: string;
  readonly model: string;
  readonly usage: { readonly input: number; readonly output: number };
  readonly stopReason: string;
}

/** The first line of a transcript. */
export function sessionLine(sessionId: string, cwd: string, at: number): TranscriptEntry {
  return { type: 'session', version: 3, id: sessionId, timestamp: iso(at), cwd };
}

export type UserMessage = Pick<RunRecord, 'message' | 'images'>;

/** `parentId`: the line before it; null for the first message. */
export function userLine(said: UserMessage, parentId: string | null, at: number): TranscriptEntry {
  const { message, images = [] } = said;
  const content = [...(message === '' ? [] : [textBlock(message)]), ...images];
  return messageLine(parentId, at, { role: 'user', content, timestamp: at });
}

export function assistantLine(
  text: string,
  facts: AssistantFacts,
  parentId: string | null,
  at: number,
): TranscriptEntry {
  const { provider, model, usage, stopReason } = facts;
  const { input, output } = usage;
  const counted = { input, output, cacheRead: 0, cacheWrite: 0, totalTokens: input + output };
  const content = text === '' ? [] : [textBlock(text)];
  return messageLine(parentId, at, {
    role: 'assistant',
    content,
    provider,
    model,
    usage: counted,
    stopReason,
    timestamp: at,
  });
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

function messageLine(parentId: string | null, at: number, message: object): TranscriptEntry {
  return { type: 'message', id: lineId(), parentId, timestamp: iso(at), message };
}

function lineId(): string {
  return randomBytes(4).toString('hex');
}

export function textBlock(text: string): TextBlock {
  return { type: 'text', text };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
