/** Where messages can go: to the web chat inside the gateway, the only chat network yet. */
import { invalidRequest, RpcError } from './method.js';

export const WEBCHAT = 'webchat';

/** @throws RpcError for any other channel */
export function requireWebchat(channel: string): void {
  if (channel.toLowerCase() !== WEBCHAT) throw invalidRequest(`unsupported channel: ${channel}`);
}

interface Delivery {
  readonly deliver?: boolean;
  readonly bestEffortDeliver?: boolean;
  readonly channel?: string;
  readonly replyChannel?: string;
}

/**
 * Refuses a turn whose answer cannot be delivered before it costs anything (runs-and-events.md §14). The web chat needs
 * no delivery: it sees what happens in its sessions.
 * @throws RpcError
 */
export function requireRoute({ deliver, bestEffortDeliver, channel, replyChannel }: Delivery): void {
  if (!deliver || bestEffortDeliver) return;
  const name = (replyChannel ?? channel)?.trim();
  if (name) return requireWebchat(name);
  throw new RpcError({
    code: 'UNAVAILABLE',
    message:
      'delivery channel is required: pass --channel/--reply-channel or use a main session with a previous channel',
  });
}
