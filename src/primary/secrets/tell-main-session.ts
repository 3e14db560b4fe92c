/** What the agent should know with its next turn: a system event in the main session (secrets.md §7). */
import type { Logger } from '../../shared/log/logger.js';
import { mainSessionKey } from '../../shared/store/session-keys.js';
import { toError } from '../../shared/to-error.js';
import type { Sessions } from '../sessions/sessions.js';
import { queueSystemEvent } from '../sessions/system-events.js';

export function tellMainSession(sessions: Sessions, text: string, log: Logger): void {
  log.warn('secrets.signal', text);
  queueSystemEvent(sessions, mainSessionKey(sessions.scheme), { text, at: Date.now() }).catch(
    (caught: unknown) => log.error('secrets.signal-lost', toError(caught).message),
  );
}
