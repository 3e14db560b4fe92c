/** What maintenance would remove if it were let: one line of the log, however much it is. */
import type { Logger } from '../../shared/log/logger.js';

export interface RemovalTally {
  add(name: string): void;
  log(): void;
}

/** Names that the line shows. */
const SHOWN = 10;

export function createRemovalTally(what: string, log: Logger): RemovalTally {
  const names: string[] = [];
  let count = 0;
  return {
    add(name) {
      count += 1;
      if (names.length < SHOWN) names.push(name);
    },
    log() {
      if (count === 0) return;
      const first = names.join(', ');
      log.warn('sessions.would-remove', `${what} that would be removed: ${count} (${first})`, { count });
    },
  };
}
