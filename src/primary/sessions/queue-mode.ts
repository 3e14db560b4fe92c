/** Which queue mode a message has: its own, else its session's, its channel's, the config's (runs-and-events.md §5). */
import type { GatewayConfig } from '../../shared/config/load.js';
import { queueModes, type QueueMode } from '../../shared/config/queue-schema.js';
import type { SessionEntry } from '../../shared/store/records.js';

/** What messages that come over the control plane belong to. */
const WEB_CHAT = 'webchat';

export function queueModeOf(
  asked: QueueMode | undefined,
  entry: SessionEntry | undefined,
  { mode, byChannel }: GatewayConfig['messages']['queue'],
): QueueMode {
  return asked ?? knownMode(entry?.queueMode) ?? byChannel.get(entry?.channel ?? WEB_CHAT) ?? mode;
}

/** Another version may have stored one that is not known here. */
function knownMode(mode: string | undefined): QueueMode | undefined {
  return queueModes.find((known) => known === mode);
}
