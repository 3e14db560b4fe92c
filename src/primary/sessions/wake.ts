/** A turn for a session to which something has been told (methods.md §2): what waits for it is shown with the turn. */
import { randomUUID } from 'node:crypto';
import type { Logger } from '../../shared/log/logger.js';
import type { RunEnd, SessionKey } from '../../shared/store/records.js';
import { toError } from '../../shared/to-error.js';
import type { RunInput } from './run.js';
import type { Runs } from './runs.js';
import type { Sessions } from './sessions.js';

/** Never rejects: what was told stays for the next turn. */
export type Wake = (key: SessionKey, agentId: string) => Promise<void>;

export interface WakeServices {
  readonly runs: Runs;
  readonly sessions: Sessions;
  /** How it speaks: as a heartbeat does. */
  manner(key: SessionKey, agentId: string): Promise<Pick<RunInput, 'ackMaxChars' | 'reply'>>;
  ended(agentId: string, end: RunEnd): void;
  /** Milliseconds that the turn may take. */
  timeoutMs(): number;
  readonly log: Logger;
}

/** A run whose whole answer is the last word shows nothing (runs-and-events.md §3.2). */
const MESSAGE =
  'Something has happened that concerns this session: see the system events above. Do what they call for. If nothing is to be done or said, answer HEARTBEAT_OK.';

export function createWake({ runs, sessions, manner, ended, timeoutMs, log }: WakeServices): Wake {
  return async (key, agentId) => {
    // One that waits will be shown this, too.
    if (runs.liveOf(key).some(({ record, waiting }) => record.method === 'wake' && waiting)) return;
    try {
      if ((await sessions.get(key))?.sendPolicy === 'deny') return;
      const acceptance = await runs.accept({
        ...(await manner(key, agentId)),
        method: 'wake',
        runId: randomUUID(),
        key,
        agentId,
        message: MESSAGE,
        timeoutMs: timeoutMs(),
        byStranger: true,
      });
      if (acceptance.outcome === 'accepted') void acceptance.run.ended.then((end) => ended(agentId, end));
      if (acceptance.outcome === 'busy') log.warn('wake.refused', `no turn for ${key} now: busy`, { key });
    } catch (caught) {
      log.error('wake.failed', `no turn for ${key}: ${toError(caught).message}`, { key });
    }
  };
}
