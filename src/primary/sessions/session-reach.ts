/**
 * Sessions as workers reach them for HTTP clients (http.md §10): which one a key means, its runs ended, and its new lines
 * as they are stored, for as long as somebody there reads them. Transcripts workers read themselves.
 */
import type { PlacedLine } from '../../shared/history-row.js';
import type { SessionKey } from '../../shared/store/records.js';
import type { PrimaryAnswers } from '../workers/worker-slot.js';
import type { Runs } from './runs.js';
import { canonicalKey } from '../../shared/store/session-keys.js';
import type { Sessions } from './sessions.js';

export interface SessionReach {
  readonly answers: Pick<PrimaryAnswers, 'session' | 'unwatch' | 'kill-session'>;
  hears(key: SessionKey): boolean;
  appended(line: PlacedLine): void;
  workerLost(slot: number): void;
}

export interface SessionReachOptions {
  readonly sessions: Sessions;
  readonly runs: Runs;
  /** To the worker of this slot. */
  tell(slot: number, watch: number, line: PlacedLine): void;
}

interface Watch {
  readonly slot: number;
  /** The worker's number of it. */
  readonly watch: number;
}

export function createSessionReach({ sessions, runs, tell }: SessionReachOptions): SessionReach {
  const watches = new Map<SessionKey, readonly Watch[]>();
  const drop = (isGone: (watch: Watch) => boolean): void => {
    for (const [key, all] of watches) {
      const left = all.filter((one) => !isGone(one));
      if (left.length > 0) watches.set(key, left);
      else watches.delete(key);
    }
  };
  return {
    answers: {
      async session({ key: name, watch }, signal, { slot }) {
        const key = canonicalKey(name, sessions.scheme);
        const entry = await sessions.get(key);
        if (!entry) return null;
        const { sessionId } = entry;
        const before = await sessions.store.transcripts.length(sessionId);
        // What is stored from here on is told; what has been, is there to be read.
        if (watch !== undefined && !signal.aborted)
          watches.set(key, [...(watches.get(key) ?? []), { slot, watch }]);
        return { key, sessionId, before };
      },
      unwatch({ watch }, _signal, { slot }) {
        drop((one) => one.slot === slot && one.watch === watch);
        return true;
      },
      async 'kill-session'({ key: name }) {
        const key = canonicalKey(name, sessions.scheme);
        if (!(await sessions.get(key))) return null;
        return { killed: (await runs.abort(key, undefined, 'rpc')).length > 0 };
      },
    },
    hears: (key) => watches.has(key),
    appended(line) {
      for (const { slot, watch } of watches.get(line.key) ?? []) tell(slot, watch, line);
    },
    workerLost: (slot) => drop((one) => one.slot === slot),
  };
}
