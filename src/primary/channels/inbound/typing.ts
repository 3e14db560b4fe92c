/** Shows a network that an answer is being written, as long as it is. */
import { inboundLimits } from '../../../shared/channels/message-limits.js';
import type { RunningAccount } from '../accounts.js';
import type { Route } from '../channel.js';

export function showTyping(from: RunningAccount, route: Route, over: Promise<unknown>): void {
  if (!from.channel.capabilities.typing || !from.account.typing) return;
  const show = (): void => {
    if (from.connected) from.account.typing?.(route);
  };
  show();
  const timer = setInterval(show, inboundLimits.typingMs).unref();
  const longest = setTimeout(() => clearInterval(timer), inboundLimits.longestTypingMs).unref();
  void over.then(() => {
    clearInterval(timer);
    clearTimeout(longest);
  });
}
