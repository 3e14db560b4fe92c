/** Sessions whose new lines clients of this worker read as they are stored (http.md §10). */
import type { PlacedLine } from '../shared/history-row.js';
import type { FoundSession, PrimaryQuestions } from '../shared/ipc.js';
import { askLimits, httpLimits } from '../shared/limits.js';
import type { PrimaryChannel } from './primary-channel.js';

export interface SessionWatches {
  /** Which session is meant; null when there is none. @throws Unanswered */
  find(key: string): Promise<FoundSession | null>;
  /** The same, and `heard` is told of each line from there on until `stop`; `full` when too many are read. */
  watch(key: string, heard: (line: PlacedLine) => void): SessionWatch | 'full';
  /** Null when there is no such session. @throws Unanswered */
  kill(key: string): Promise<PrimaryQuestions['kill-session']['answer']>;
  received(watch: number, line: PlacedLine): void;
}

export interface SessionWatch {
  /** @throws Unanswered */
  readonly found: Promise<FoundSession | null>;
  stop(): void;
}

export function createSessionWatches(ask: PrimaryChannel['ask']): SessionWatches {
  const listeners = new Map<number, (line: PlacedLine) => void>();
  const { timeoutMs } = askLimits;
  let last = 0;
  return {
    find: (key) => ask('session', { key }, { timeoutMs }),
    watch(key, heard) {
      if (listeners.size >= httpLimits.watchedSessions) return 'full';
      last += 1;
      const watch = last;
      listeners.set(watch, heard);
      return {
        found: ask('session', { key, watch }, { timeoutMs }),
        stop() {
          if (!listeners.delete(watch)) return;
          // Without an answer the primary is gone, and with it the watch.
          ask('unwatch', { watch }, { timeoutMs }).catch(() => undefined);
        },
      };
    },
    kill: (key) => ask('kill-session', { key }, { timeoutMs }),
    received: (watch, line) => listeners.get(watch)?.(line),
  };
}
