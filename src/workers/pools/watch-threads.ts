/** Ends threads that have stopped turning while tasks wait on them; piscina rejects those tasks and starts a new thread. */
import type { Piscina } from 'piscina';
import { threadLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { readBeats } from '../threads/beat.js';

interface Seen {
  readonly beats: number;
  readonly at: number;
}

export function watchThreads(pool: Piscina, beats: SharedArrayBuffer, log: Logger): { stop(): void } {
  const seen = new Map<number, Seen>();
  let lastLook = performance.now();
  const look = (): void => {
    const now = performance.now();
    // When we were late ourselves (stopped process, sleeping machine), silence proves nothing.
    if (now - lastLook > 2 * threadLimits.checkIntervalMs) seen.clear();
    lastLook = now;
    const live = new Set(pool.threads.map((thread) => thread.threadId));
    for (const id of seen.keys()) if (!live.has(id)) seen.delete(id);
    for (const thread of pool.threads) {
      const count = readBeats(beats, thread.threadId);
      if (count === undefined) continue;
      const last = seen.get(thread.threadId);
      if (last?.beats !== count) {
        seen.set(thread.threadId, { beats: count, at: now });
      } else if (now - last.at > threadLimits.silentMs) {
        seen.delete(thread.threadId);
        log.error('thread.stuck', `api thread silent for ${threadLimits.silentMs} ms; ending it`, {
          threadId: thread.threadId,
        });
        void thread.terminate();
      }
    }
  };
  const timer = setInterval(look, threadLimits.checkIntervalMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
