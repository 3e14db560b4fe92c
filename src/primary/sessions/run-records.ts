/**
 * What a run leaves in the store: its key, its message, its end. Each is one commit, with the session that it changes; the
 * key and the message of a run that need not wait are one together.
 */
import { joinModelRef, type ModelRef } from '../../shared/config/model-ref.js';
import type { SentImage } from '../../shared/media/sent-image.js';
import type { RunEnd, RunRecord, SessionEntry, TranscriptEntry } from '../../shared/store/records.js';
import { thinkingLevelOf, type ThinkingLevel } from '../../shared/thinking.js';
import type { Change } from '../store/store.js';
import { takeDropped, withDropped } from './dropped-messages.js';
import { emptyEnd, runEnd, sessionAfter, type RunOutcome } from './run-end.js';
import type { Sessions } from './sessions.js';
import { takeSystemEvents } from './system-events.js';
import type { ResetPolicy } from './reset-policy.js';
import { replyChanges } from './run-reply.js';
import { reported } from './run-report.js';
import { blobChange } from './sent-image.js';
import { archiveOf, renewed } from './session-renewal.js';
import { assistantLine, saidLines } from './transcript-lines.js';
import { dayOf, noCost, noUsage } from '../../shared/usage.js';

export interface Claim {
  /** As stored. */
  readonly record: RunRecord;
  /** The run that has the key. */
  readonly taken: RunRecord | undefined;
  /** Why its session began anew. */
  readonly ended: ReturnType<ResetPolicy>;
  /** The run has begun, and its message is in the transcript. */
  readonly begun: BegunRun | undefined;
}

export interface ClaimAnswers {
  /** Whether the session has expired: then it begins anew with the run. */
  expired(entry: SessionEntry): ReturnType<ResetPolicy>;
  /** When the run begins, if it does as soon as it has its key: then both are one commit. */
  beginsAt(): number | undefined;
  /** Fields of the session's entry that come with the run. */
  readonly facts: Partial<SessionEntry> | undefined;
}

/** Takes the run's key; asks what belongs to it when the session is the run's alone. */
export function storeClaim(
  sessions: Sessions,
  record: RunRecord,
  images: readonly SentImage[],
  ask: ClaimAnswers,
): Promise<Claim> {
  const { sessionKey: key, acceptedAt } = record;
  return sessions.exclusive(key, async () => {
    const { store } = sessions;
    const before = await sessions.getOrNew(key, acceptedAt);
    const ended = ask.expired(before);
    const archive = ended && (await archiveOf(store, key, before.sessionId, 'reset', acceptedAt));
    const entry = ended ? renewed(before, acceptedAt) : before;
    const touched = { ...entry, ...ask.facts, updatedAt: acceptedAt, lastInteractionAt: acceptedAt };
    const startedAt = ask.beginsAt();
    const beginning =
      startedAt === undefined ? undefined : await begin(sessions, touched, record, [], startedAt);
    const claimed: RunRecord = beginning?.begun.record ?? { ...record, sessionId: entry.sessionId };
    const taken = await sessions.claim(key, claimed, [
      ...(beginning?.changes ?? [{ type: 'session', key, entry: touched } as const]),
      ...(archive ? [{ type: 'archive', archive } as const] : []),
      ...images.map(blobChange),
    ]);
    if (taken) return { record: claimed, taken, ended: undefined, begun: undefined };
    return { record: claimed, taken, ended, begun: beginning?.begun };
  });
}

/** What there is when a run has begun. */
export interface BegunRun {
  readonly record: RunRecord;
  /** How many lines the model is to see. */
  readonly before: number;
  /** The session's own. */
  readonly model: ModelRef | undefined;
  /** The session's own, too. */
  readonly thinking: ThinkingLevel | undefined;
  /** The session shows all that tools do. */
  readonly verbose: boolean;
  /** The ends of those that it took over. */
  readonly joined: readonly EndedRecord[];
}

export type EndedRecord = RunRecord & { readonly end: RunEnd };

/** Adds the run's message, and those of the runs that it takes over, to its session; their ends are in the same commit. */
export function storeMessages(
  sessions: Sessions,
  record: RunRecord,
  joining: readonly RunRecord[],
  startedAt: number,
): Promise<BegunRun> {
  const key = record.sessionKey;
  return sessions.exclusive(key, async () => {
    // The session may have been reset, or deleted, while the run waited.
    const entry = await sessions.getOrNew(key, startedAt);
    const { begun, changes } = await begin(sessions, entry, record, joining, startedAt);
    const runs = [begun.record, ...begun.joined].map((run) => ({ type: 'run', run }) as const);
    await sessions.commit(key, [...runs, ...changes]);
    return begun;
  });
}

/** What a beginning changes, besides the records of its runs. */
interface Beginning {
  readonly begun: BegunRun;
  readonly changes: readonly Change[];
}

async function begin(
  sessions: Sessions,
  entry: SessionEntry,
  record: RunRecord,
  joining: readonly RunRecord[],
  startedAt: number,
): Promise<Beginning> {
  const { sessionKey: key } = record;
  const { sessionId } = entry;
  const started: RunRecord = { ...record, sessionId, startedAt };
  const joined = joining.map((one) => {
    const end = emptyEnd(one, `taken over by ${record.runId}`, startedAt);
    return { ...one, sessionId, startedAt, end };
  });
  const verbose = entry.verboseLevel === 'full';
  let after = entry;
  const lines = await sessions.appending(sessionId, startedAt, (parentId, before) => {
    const added: TranscriptEntry[] = [];
    const last = (): string | null => added.at(-1)?.id ?? parentId;
    const events = takeSystemEvents(entry, last());
    added.push(...events.lines);
    const dropped = takeDropped(events.after, last(), startedAt);
    added.push(...dropped.lines);
    for (const one of [record, ...joining]) added.push(...saidLines(one, last(), startedAt, before));
    ({ after } = dropped);
    return added;
  });
  return {
    begun: {
      record: started,
      before: lines.end,
      model: chosenModel(entry),
      thinking: thinkingLevelOf(entry.thinkingLevel),
      verbose,
      joined,
    },
    changes: [lines.change, { type: 'session', key, entry: after }],
  };
}

/**
 * Ends a run whose message gave way to others; a short line of it waits for the session's next turn.
 *
 * @param gaveWay nothing else of its sender waits
 */
export function storeDropped(
  sessions: Sessions,
  record: RunRecord,
  gaveWay: boolean,
  endedAt: number,
): Promise<EndedRecord> {
  const { sessionKey: key, sessionId, message } = record;
  return sessions.exclusive(key, async () => {
    const empty = emptyEnd(record, 'dropped: too many messages were waiting', endedAt);
    const end: RunEnd = gaveWay ? { ...empty, gaveWay } : empty;
    const run = { ...record, end };
    const changes: Change[] = [{ type: 'run', run }, ...replyChanges(record, end)];
    const entry = await sessions.get(key);
    // A session that was deleted or reset meanwhile is not to know of it.
    if (entry?.sessionId === sessionId)
      changes.push({ type: 'session', key, entry: withDropped(entry, message || '[image]') });
    await sessions.commit(key, changes);
    return run;
  });
}

/** @param text what the model said since it last used tools */
export function storeEnd(
  sessions: Sessions,
  record: RunRecord,
  text: string,
  outcome: RunOutcome,
  end: RunEnd,
): Promise<void> {
  const { sessionKey: key, sessionId, startedAt } = record;
  const { endedAt } = end;
  return sessions.exclusive(key, async () => {
    const changes: Change[] = [{ type: 'run', run: { ...record, end } }];
    const entry = await sessions.get(key);
    if (outcome.status === 'ok') changes.push(...usageChanges(record.agentId, outcome, endedAt));
    // A session that was deleted or reset meanwhile keeps nothing of this run but its old transcript.
    if (entry?.sessionId === sessionId) {
      changes.push({ type: 'session', key, entry: sessionAfter(entry, record, outcome, endedAt) });
    }
    if (startedAt !== undefined && (text !== '' || end.toolCalls)) {
      const facts = { ...factsOf(outcome), runId: record.runId };
      const line = (parentId: string | null) => assistantLine(text, facts, parentId, endedAt);
      const { change } = await sessions.appending(sessionId, endedAt, (parentId) => [line(parentId)]);
      changes.push(change);
    }
    await reported(sessions, record, end, (report) => sessions.commit(key, [...changes, ...report]));
  });
}

export const STOPPED = 'interrupted: the gateway stopped before the run had ended';

/** Ends a run that nobody ran to its end: its message is kept, its key answers that it was interrupted. */
export function storeInterruption(sessions: Sessions, record: RunRecord, at: number): Promise<void> {
  const { sessionKey: key, sessionId, startedAt } = record;
  return sessions.exclusive(key, async () => {
    const outcome = { status: 'error', kind: 'unknown', message: STOPPED } as const;
    const end = runEnd({ record, shown: [] }, outcome, at);
    const changes: Change[] = [{ type: 'run', run: { ...record, end } }];
    const entry = await sessions.get(key);
    if (entry) changes.push({ type: 'session', key, entry: { ...entry, abortedLastRun: true } });
    if (startedAt === undefined) {
      const { change } = await sessions.appending(sessionId, at, (parentId, before) =>
        saidLines(record, parentId, at, before),
      );
      changes.push(change);
    }
    await reported(sessions, record, end, (report) => sessions.store.commit([...changes, ...report]));
  });
}

/** The session's own model; undefined when it uses its agent's. */
export function chosenModel({ providerOverride, modelOverride }: SessionEntry): ModelRef | undefined {
  if (providerOverride === undefined || modelOverride === undefined) return undefined;
  return joinModelRef(providerOverride, modelOverride);
}

/** By model; the run counts for the one that answered. */
export function usageChanges(
  agentId: string,
  { provider, model, spent }: Extract<RunOutcome, { status: 'ok' }>,
  at: number,
): Change[] {
  return spent.map(({ usage: { input, output, cacheRead, cacheWrite }, cost, ...used }) => {
    const runs = used.provider === provider && used.model === model ? 1 : 0;
    const tokens = { input, output, cacheRead, cacheWrite };
    const priced = { cost: cost ?? noCost, unpriced: cost ? 0 : runs };
    return { type: 'usage', used: { date: dayOf(at), agentId, ...used, runs, ...tokens, ...priced } };
  });
}

function factsOf(outcome: RunOutcome): Parameters<typeof assistantLine>[1] {
  if (outcome.status === 'ok') return { ...outcome, usage: outcome.lastUsage, cost: outcome.lastCost };
  const stopReason = outcome.status === 'stopped' ? 'aborted' : 'error';
  return { provider: '', model: '', usage: noUsage, stopReason };
}
