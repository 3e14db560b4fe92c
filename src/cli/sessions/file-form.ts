/**
 * Sessions as files (runs-and-events.md §7, §8): `sessions.json`, one object with a line for each session, and
 * `<sessionId>.jsonl`, its transcript. What is not known here is kept; what no reader could make sense of is named.
 */
import { basename } from 'node:path';
import * as v from 'valibot';
import { compile, describeProblems, type Check } from '../../shared/schema.js';
import type { SessionEntry, TranscriptEntry } from '../../shared/store/records.js';
import { isRecord } from '../record.js';

export const INDEX_FILE = 'sessions.json';
export const TRANSCRIPT_ENDING = '.jsonl';

/** A value of the form, or what is wrong with it. */
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

export function transcriptFile(sessionId: string): string {
  return `${sessionId}${TRANSCRIPT_ENDING}`;
}

/** An id that can be the name of a file; every id that a gateway makes is one. */
const SESSION_ID = /^[A-Za-z0-9][\w.-]{0,127}$/;

export function isSessionId(text: string): boolean {
  return SESSION_ID.test(text);
}

const optional = v.exactOptional;
const text = v.string();
const mayBeNull = optional(v.nullable(text));
const count = optional(v.number());
const flag = optional(v.boolean());

const entryForm = compile(
  v.looseObject({
    sessionId: v.pipe(text, v.regex(SESSION_ID)),
    updatedAt: v.pipe(v.number(), v.minValue(0)),
    sessionFile: mayBeNull,
    sessionStartedAt: count,
    lastInteractionAt: count,
    label: optional(v.pipe(text, v.maxLength(512))),
    displayName: mayBeNull,
    channel: mayBeNull,
    lastChannel: mayBeNull,
    lastTo: mayBeNull,
    lastAccountId: mayBeNull,
    thinkingLevel: mayBeNull,
    verboseLevel: mayBeNull,
    providerOverride: mayBeNull,
    modelOverride: mayBeNull,
    sendPolicy: mayBeNull,
    pinned: flag,
    archived: flag,
    abortedLastRun: flag,
    inputTokens: count,
    outputTokens: count,
    totalTokens: count,
    contextTokens: count,
    compactionCount: count,
    systemEvents: optional(v.array(v.looseObject({ text, at: v.number() }))),
    droppedMessages: optional(v.looseObject({ count: v.number(), lines: v.array(text) })),
  }),
);

/** An entry of the index. */
export interface IndexedEntry {
  readonly entry: SessionEntry;
  /** Name of its transcript, in the folder of the index whatever path the entry says. */
  readonly file: string;
  /** The entry says that there is one. */
  readonly isNamed: boolean;
}

export function readEntry(value: unknown): Read<IndexedEntry> {
  const wrong = problemOf(entryForm, value);
  if (wrong !== undefined) return { ok: false, reason: wrong };
  const { sessionFile, ...entry } = value as SessionEntry & { readonly sessionFile?: string | null };
  const isNamed = typeof sessionFile === 'string';
  const file = isNamed ? basename(sessionFile) : transcriptFile(entry.sessionId);
  return { ok: true, value: { entry, file, isNamed } };
}

/** `file`: where its transcript is, when it has one. */
export function entryText(key: string, entry: SessionEntry, file: string | undefined): string {
  const filed = file === undefined ? entry : { ...entry, sessionFile: file };
  return `${JSON.stringify(key)}:${JSON.stringify(filed)}`;
}

const lineForm = compile(v.looseObject({ type: v.pipe(text, v.minLength(1)) }));
const id = v.pipe(text, v.minLength(1));
const lineForms: Readonly<Record<string, Check<unknown>>> = {
  session: compile(v.looseObject({ id })),
  message: compile(
    v.looseObject({
      id,
      message: v.looseObject({
        role: text,
        content: optional(v.array(v.looseObject({ type: text, text: optional(text) }))),
      }),
    }),
  ),
  compaction: compile(v.looseObject({ id, summary: text })),
};

export function readLine(textOfLine: string): Read<TranscriptEntry> {
  let value: unknown;
  try {
    value = JSON.parse(textOfLine);
  } catch {
    return { ok: false, reason: 'not JSON' };
  }
  if (!isRecord(value)) return { ok: false, reason: 'not an object' };
  const form =
    typeof value.type === 'string' && Object.hasOwn(lineForms, value.type) && lineForms[value.type];
  const wrong = problemOf(form || lineForm, value);
  if (wrong !== undefined) return { ok: false, reason: wrong };
  return { ok: true, value: value as TranscriptEntry };
}

export function lineText(line: TranscriptEntry): string {
  return `${JSON.stringify(line)}\n`;
}

/** Undefined when it has the form. */
function problemOf(check: Check<unknown>, value: unknown): string | undefined {
  return check.is(value) ? undefined : describeProblems(check.problems(value));
}
