/**
 * Summaries of sessions that somebody asked for (methods.md §4, `sessions.compact`). One goes on in its session's lane,
 * so that no run of the session does meanwhile:
 *
 *   waiting ──its turn──▶ asked (a worker's thread reads, asks the model) ──▶ stored ──▶ told
 *      └── too long           └── worker or thread lost: asked anew, a few times ──▶ failed
 *
 * The transcript is changed once, with the finished summary: whatever dies before has changed nothing.
 */
import { randomUUID } from 'node:crypto';
import { deferred, type Deferred } from '../../shared/deferred.js';
import { compactionLimits, runLimits } from '../../shared/session-limits.js';
import type { Compaction, RunJob, RunPart, TurnEnd } from '../../shared/run-job.js';
import type { SessionKey } from '../../shared/store/records.js';
import { chosenModel, usageChanges } from './run-records.js';
import type { RunWorkers } from './run-dispatch.js';
import type { Runs } from './runs.js';
import type { Sessions } from './sessions.js';
import { storeCompaction } from './store-compaction.js';

export type Summarized =
  /** `kept`: lines that the model is still shown as they are. */
  | { readonly compacted: true; readonly kept: number }
  | { readonly compacted: false; readonly kept: number }
  | { readonly compacted: false; readonly reason: 'no sessionId' | 'no transcript' };

export interface Compactions {
  /** @throws CompactionFailure; StoreError */
  summarize(key: SessionKey, agentId: string): Promise<Summarized>;
  /** False when the part is not of a compaction. */
  received(slot: number, part: RunPart): boolean;
  workerReady(): void;
  workerLost(slot: number): void;
  stop(): void;
}

/** The summary could not be made; the session is as it was. */
export class CompactionFailure extends Error {
  readonly retryable: boolean;

  constructor(message: string, retryable: boolean) {
    super(message);
    this.name = 'CompactionFailure';
    this.retryable = retryable;
  }
}

export interface CompactionsOptions {
  readonly sessions: Sessions;
  readonly runs: Pick<Runs, 'hold'>;
  readonly workers: RunWorkers;
  now(): number;
}

type GoodEnd = Extract<TurnEnd, { readonly status: 'ok' }>;

interface Asked {
  readonly job: RunJob;
  /** Undefined while there is no worker. */
  slot: number | undefined;
  attempts: number;
  compaction: Compaction | null;
  readonly ended: Deferred<GoodEnd>;
}

export function createCompactions({ sessions, runs, workers, now }: CompactionsOptions): Compactions {
  const { store } = sessions;
  const asked = new Map<string, Asked>();
  let stopped = false;

  const dispatch = (one: Asked): void => {
    one.compaction = null;
    one.slot = workers.start(one.job);
    if (one.slot !== undefined) one.attempts += 1;
  };
  const lost = (one: Asked, why: string): void => {
    one.slot = undefined;
    if (one.attempts < runLimits.attempts) dispatch(one);
    else one.ended.reject(new CompactionFailure(`interrupted: ${why}`, true));
  };
  /** Resolves when no run of the session goes on; `leave` lets the next one begin. */
  const enterLane = async (key: SessionKey): Promise<() => void> => {
    const turn = deferred<void>();
    const place = runs.hold(key, () => turn.resolve());
    if (!place) throw new CompactionFailure('too many runs are waiting; try again shortly', true);
    const tooLong = new CompactionFailure('the session is busy; try again when its run has ended', true);
    const timer = setTimeout(() => turn.reject(tooLong), compactionLimits.timeoutMs);
    try {
      await turn.promise;
    } catch (caught) {
      place.leave();
      throw caught;
    } finally {
      clearTimeout(timer);
    }
    return () => place.leave();
  };
  const ask = async (job: RunJob): Promise<{ compaction: Compaction | null; end: GoodEnd }> => {
    const one: Asked = { job, slot: undefined, attempts: 0, compaction: null, ended: deferred() };
    asked.set(job.runId, one);
    const tooLong = new CompactionFailure('the summary took too long', true);
    const timer = setTimeout(() => one.ended.reject(tooLong), compactionLimits.timeoutMs);
    try {
      if (stopped) throw new CompactionFailure('the gateway is stopping', true);
      dispatch(one);
      const end = await one.ended.promise;
      return { compaction: one.compaction, end };
    } catch (caught) {
      if (one.slot !== undefined) workers.abort(one.slot, job.runId);
      throw caught;
    } finally {
      clearTimeout(timer);
      asked.delete(job.runId);
    }
  };

  return {
    async summarize(key, agentId) {
      const leave = await enterLane(key);
      try {
        const entry = await sessions.get(key);
        if (!entry) return { compacted: false, reason: 'no sessionId' };
        const { sessionId } = entry;
        const { transcripts } = store;
        const before = await transcripts.length(sessionId);
        if (before === 0) return { compacted: false, reason: 'no transcript' };
        const { compaction, end } = await ask({
          kind: 'compaction',
          runId: `compact-${randomUUID()}`,
          sessionKey: key,
          sessionId,
          before,
          agentId,
          model: chosenModel(entry),
          systemPrompt: undefined,
          timeoutMs: compactionLimits.timeoutMs,
        });
        if (!compaction) return { compacted: false, kept: before - (await transcripts.start(sessionId)) };
        const usage = usageChanges(agentId, end, now());
        const stored = await storeCompaction(sessions, { key, sessionId }, compaction, now(), usage);
        if (!stored) return { compacted: false, reason: 'no transcript' };
        return { compacted: true, kept: compaction.kept };
      } finally {
        leave();
      }
    },
    received(slot, part) {
      const one = asked.get(part.runId);
      if (!one || one.slot !== slot) return false;
      if (part.type === 'compaction' && part.phase === 'end') one.compaction = part.compaction;
      if (part.type === 'lost') lost(one, part.why);
      if (part.type === 'end') {
        const { end } = part;
        if (end.status === 'ok') one.ended.resolve(end);
        else if (end.status === 'error') one.ended.reject(new CompactionFailure(end.message, false));
        else one.ended.reject(new CompactionFailure('the summary took too long', true));
      }
      return true;
    },
    workerReady() {
      for (const one of asked.values()) if (one.slot === undefined) dispatch(one);
    },
    workerLost(slot) {
      for (const one of asked.values()) if (one.slot === slot) lost(one, 'the worker process ended');
    },
    stop() {
      stopped = true;
      for (const { ended } of asked.values())
        ended.reject(new CompactionFailure('the gateway is stopping', true));
    },
  };
}
