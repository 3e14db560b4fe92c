/**
 * Accepts runs: whose key it is, whether there is a place for it, and what is on disk before its requester hears of it
 * (runs-and-events.md §12).
 *
 *   claiming ──key taken──▶ dropped
 *      │  └──its turn has not come──▶ queued (key stored)
 *      └──its turn has come──▶ starting (key and message stored)
 */
import type { Logger } from '../../shared/log/logger.js';
import type { RunEnd, RunMethod, RunRecord, SessionEntry } from '../../shared/store/records.js';
import type { LiveRuns } from './live-runs.js';
import type { ResetPolicy } from './reset-policy.js';
import { storeClaim, type BegunRun, type Claim } from './run-records.js';
import type { RunQueue } from './run-queue.js';
import { newRun, viewOf, type LiveRun, type Run, type RunInput, type RunVoice } from './run.js';
import type { RunWaiters } from './run-waiters.js';
import type { Sessions } from './sessions.js';

export type Acceptance =
  | { readonly outcome: 'accepted' | 'in-flight'; readonly run: LiveRun }
  | { readonly outcome: 'ended'; readonly end: RunEnd }
  /** Another method used the key (protocol.md §19). */
  | { readonly outcome: 'key-taken'; readonly by: RunMethod }
  | { readonly outcome: 'busy' }
  /** The gateway is stopping, or has not settled yet what a crash left. */
  | { readonly outcome: 'closed' };

export interface RunAcceptance {
  /** @throws StoreError when it cannot be stored: then it was not accepted */
  accept(input: RunInput): Promise<Acceptance>;
  /** Nothing is accepted before this has succeeded. */
  openAfter(settled: Promise<void>): Promise<void>;
  /** Nothing is accepted from here on. */
  close(): void;
}

export interface RunAcceptanceOptions {
  readonly sessions: Sessions;
  readonly live: LiveRuns<Run>;
  readonly queue: Pick<RunQueue, 'enter'>;
  readonly waiters: Pick<RunWaiters, 'ended'>;
  readonly voice: RunVoice;
  readonly resetPolicy: ResetPolicy;
  readonly log: Logger;
  /** It has the key; and it has begun, if that is stored with it. Whoever asked for it is answered in this turn. */
  accepted(run: Run, begun: BegunRun | undefined): void;
  /** It is not to be: its place is free. */
  forget(run: Run): void;
}

export function createRunAcceptance(options: RunAcceptanceOptions): RunAcceptance {
  const { sessions, live, queue, waiters, voice, log } = options;
  let closed = false;
  let settling = false;

  /** No two of a session alike, so that their order outlives a crash. */
  const nextAt = ({ key }: Pick<RunInput, 'key'>): number =>
    Math.max(voice.now(), ...live.of(key).map(({ record }) => record.acceptedAt + 1));

  /** Why its session ends before it; never while another run of the session has not. */
  const endOf = ({ input: { key }, record }: Run, entry: SessionEntry): ReturnType<ResetPolicy> =>
    live.of(key).length > 1 ? undefined : options.resetPolicy(key, entry, record.acceptedAt);

  const drop = (run: Run): void => {
    run.claimed.resolve(false);
    options.forget(run);
  };

  const repeated = async (run: Run, method: RunMethod): Promise<Acceptance> => {
    if (run.input.method !== method) return { outcome: 'key-taken', by: run.input.method };
    // Not before the first is accepted: it may yet fail to be, or be a repeat itself.
    if (await run.claimed.promise) return { outcome: 'in-flight', run: viewOf(run) };
    return recorded(run.input.runId, method);
  };

  /** What a key answers that cannot be used now. */
  const recorded = async (runId: string, method: RunMethod): Promise<Acceptance> => {
    const record = await sessions.store.runs.get(runId);
    return record ? endedOf(record, method) : { outcome: 'busy' };
  };

  return {
    async accept({ images = [], ...input }) {
      const { runId, method, key } = input;
      if (closed || settling) return { outcome: 'closed' };
      const known = live.get(runId);
      if (known) return repeated(known, method);
      const run = newRun(input, images, nextAt(input), voice);
      // Its place is taken before anything is awaited: runs of a session go in the order in which they came.
      if (!queue.enter(run)) return recorded(runId, method);
      let claim: Claim;
      try {
        claim = await storeClaim(sessions, run.record, images, {
          expired: (entry) => endOf(run, entry),
          facts: input.facts,
          beginsAt: () => (run.place?.running && !run.toEnd ? voice.now() : undefined),
        });
      } catch (caught) {
        drop(run);
        throw caught;
      }
      const { taken, begun, ended } = claim;
      if (taken) {
        drop(run);
        // Whoever began to wait meanwhile took it for one that is still to end.
        if (taken.end) waiters.ended(taken);
        return endedOf(taken, method);
      }
      if (ended) log.info('session.reset', `session ${key} begins anew (${ended})`, { key, runId });
      run.record = claim.record;
      run.state = begun ? 'starting' : 'queued';
      run.claimed.resolve(true);
      sessions.changed(key, { reason: 'send' });
      options.accepted(run, begun);
      return { outcome: 'accepted', run: viewOf(run) };
    },
    async openAfter(settled) {
      settling = true;
      await settled;
      settling = false;
    },
    close: () => void (closed = true),
  };
}

/** What a key answers that a run has which is not live. */
function endedOf({ method: by, runId, end }: RunRecord, method: RunMethod): Acceptance {
  if (by !== method) return { outcome: 'key-taken', by };
  if (!end) throw new Error(`run ${runId} is open, but not here`);
  return { outcome: 'ended', end };
}
