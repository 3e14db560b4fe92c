/** What a run leaves in the store: its key, its message, its end. Each is one commit, with the session that it changes. */
import { joinModelRef, type ModelRef } from '../../shared/config/model-ref.js';
import type {
  DailyUsage,
  RunEnd,
  RunRecord,
  SessionEntry,
  TranscriptEntry,
} from '../../shared/store/records.js';
import type { Change } from '../store/store.js';
import { takeDropped, withDropped } from './dropped-messages.js';
import { emptyEnd, runEnd, sessionAfter, type RunOutcome } from './run-end.js';
import type { Sessions } from './sessions.js';
import { takeSystemEvents } from './system-events.js';
import type { ResetPolicy } from './reset-policy.js';
import { blobChange, type SentImage } from './sent-image.js';
import { archiveOf, renewed } from './session-renewal.js';
import { assistantLine, userLine } from './transcript-lines.js';
import { dayOf } from './usage-report.js';

export interface Claim {
  /** As stored. */
  readonly record: RunRecord;
  /** The run that has the key. */
  readonly taken: RunRecord | undefined;
  /** Why its session began anew. */
  readonly ended: ReturnType<ResetPolicy>;
}

/** Takes the run's key. A session that has `expired` begins anew with it. */
export function storeClaim(
  sessions: Sessions,
  record: RunRecord,
  images: readonly SentImage[],
  expired: (entry: SessionEntry) => ReturnType<ResetPolicy>,
): Promise<Claim> {
  const { sessionKey: key, acceptedAt } = record;
  return sessions.exclusive(key, async () => {
    const { store } = sessions;
    const before = await sessions.getOrNew(key, acceptedAt);
    const ended = expired(before);
    const archive = ended && (await archiveOf(store, key, before.sessionId, 'reset', acceptedAt));
    const entry = ended ? renewed(before, acceptedAt) : before;
    const claimed: RunRecord = { ...record, sessionId: entry.sessionId };
    const touched = { ...entry, updatedAt: acceptedAt, lastInteractionAt: acceptedAt };
    const taken = await store.claimRun(claimed, [
      { type: 'session', key, entry: touched },
      ...(archive ? [{ type: 'archive', archive } as const] : []),
      ...images.map(blobChange),
    ]);
    return { record: claimed, taken, ended: taken ? undefined : ended };
  });
}

/** What there is when a run has begun. */
export interface BegunRun {
  readonly record: RunRecord;
  /** How many lines the model is to see. */
  readonly before: number;
  /** The session's own. */
  readonly model: ModelRef | undefined;
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
  const { store } = sessions;
  const key = record.sessionKey;
  return sessions.exclusive(key, async () => {
    // The session may have been reset, or deleted, while the run waited.
    const entry = await sessions.getOrNew(key, startedAt);
    const { sessionId } = entry;
    const started: RunRecord = { ...record, sessionId, startedAt };
    const joined = joining.map((one) => {
      const end = emptyEnd(one, `taken over by ${record.runId}`, startedAt);
      return { ...one, sessionId, startedAt, end };
    });
    let after = entry;
    const lines = await sessions.appending(sessionId, startedAt, (parentId) => {
      const added: TranscriptEntry[] = [];
      const last = (): string | null => added.at(-1)?.id ?? parentId;
      const events = takeSystemEvents(entry, last());
      added.push(...events.lines);
      const dropped = takeDropped(events.after, last(), startedAt);
      added.push(...dropped.lines);
      for (const one of [record, ...joining]) added.push(userLine(one, last(), startedAt));
      ({ after } = dropped);
      return added;
    });
    await sessions.commit(key, [
      lines,
      ...[started, ...joined].map((run) => ({ type: 'run', run }) as const),
      { type: 'session', key, entry: after },
    ]);
    const before = await store.transcripts.length(sessionId);
    return { record: started, before, model: chosenModel(entry), joined };
  });
}

/** Ends a run whose message gave way to others; a short line of it waits for the session's next turn. */
export function storeDropped(sessions: Sessions, record: RunRecord, endedAt: number): Promise<EndedRecord> {
  const { sessionKey: key, sessionId, message } = record;
  return sessions.exclusive(key, async () => {
    const run = { ...record, end: emptyEnd(record, 'dropped: too many messages were waiting', endedAt) };
    const changes: Change[] = [{ type: 'run', run }];
    const entry = await sessions.get(key);
    // A session that was deleted or reset meanwhile is not to know of it.
    if (entry?.sessionId === sessionId)
      changes.push({ type: 'session', key, entry: withDropped(entry, message || '[image]') });
    await sessions.commit(key, changes);
    return run;
  });
}

/** @param text all that the model said */
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
    if (outcome.status === 'ok')
      changes.push({ type: 'usage', used: usedBy(record.agentId, outcome, endedAt) });
    // A session that was deleted or reset meanwhile keeps nothing of this run but its old transcript.
    if (entry?.sessionId === sessionId) {
      changes.push({ type: 'session', key, entry: sessionAfter(entry, record, outcome, endedAt) });
    }
    if (startedAt !== undefined && text !== '') {
      const facts = { ...factsOf(outcome), runId: record.runId };
      const line = (parentId: string | null) => assistantLine(text, facts, parentId, endedAt);
      changes.push(await sessions.appending(sessionId, endedAt, (parentId) => [line(parentId)]));
    }
    await sessions.commit(key, changes);
  });
}

/** Ends a run that nobody ran to its end: its message is kept, its key answers that it was interrupted. */
export function storeInterruption(sessions: Sessions, record: RunRecord, at: number): Promise<void> {
  const { sessionKey: key, sessionId, startedAt } = record;
  return sessions.exclusive(key, async () => {
    const why = 'interrupted: the gateway stopped before the run had ended';
    const end = runEnd({ record, shown: '' }, { status: 'error', kind: 'unknown', message: why }, at);
    const changes: Change[] = [{ type: 'run', run: { ...record, end } }];
    const entry = await sessions.get(key);
    if (entry) changes.push({ type: 'session', key, entry: { ...entry, abortedLastRun: true } });
    if (startedAt === undefined) {
      changes.push(await sessions.appending(sessionId, at, (parentId) => [userLine(record, parentId, at)]));
    }
    await sessions.store.commit(changes);
  });
}

/** The session's own model; undefined when it uses its agent's. */
export function chosenModel({ providerOverride, modelOverride }: SessionEntry): ModelRef | undefined {
  if (providerOverride === undefined || modelOverride === undefined) return undefined;
  return joinModelRef(providerOverride, modelOverride);
}

export function usedBy(
  agentId: string,
  { provider, model, usage }: Extract<RunOutcome, { status: 'ok' }>,
  at: number,
): DailyUsage {
  const tokens = { input: usage.input, output: usage.output, cacheRead: 0, cacheWrite: 0 };
  return { date: dayOf(at), agentId, provider, model, runs: 1, ...tokens };
}

function factsOf(outcome: RunOutcome): Parameters<typeof assistantLine>[1] {
  if (outcome.status === 'ok') return outcome;
  const stopReason = outcome.status === 'stopped' ? 'aborted' : 'error';
  return { provider: '', model: '', usage: { input: 0, output: 0 }, stopReason };
}
