/**
 * Messages on their way to the gateway: those of a conversation one after another, and one that cannot be taken is offered
 * again before any later one. It outlives connections; IRC would not send a message a second time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createKeyedQueue } from '../../../shared/keyed-queue.js';
import { toError } from '../../../shared/to-error.js';
import type { AccountHost, InboundMessage } from '../channel.js';
import { ircLimits } from './limits.js';

export interface Inbox {
  take(message: InboundMessage): void;
  /** Resolves when nothing waits, or when it has been tried for so long; what is left is given up. */
  stop(withinMs: number): Promise<void>;
}

export function createInbox(host: AccountHost): Inbox {
  const queue = createKeyedQueue();
  let ending = new AbortController();
  let waiting = 0;
  let lost = 0;
  let idle = (): void => {};
  const offer = async (message: InboundMessage, { signal }: AbortController): Promise<void> => {
    for (let told = false; ; told = true) {
      try {
        await host.inbound(message);
        return;
      } catch (caught) {
        if (signal.aborted) throw caught;
        if (!told) host.log.warn('channel.irc', `a message waits: ${toError(caught).message}`);
      }
      await sleep(ircLimits.offerAgainMs, undefined, { signal });
    }
  };
  return {
    take(message) {
      if (waiting >= ircLimits.waitingMessages) {
        lost += 1;
        if (lost === 1) host.log.error('channel.irc', 'too many messages wait: later ones are lost');
        return;
      }
      waiting += 1;
      const { kind, id } = message.peer;
      void queue
        .run(`${kind} ${id}`, () => offer(message, ending))
        .catch(() => void (lost += 1))
        .finally(() => {
          waiting -= 1;
          if (waiting > 0) return;
          if (lost > 0) host.log.error('channel.irc', `messages lost: ${lost}`);
          lost = 0;
          idle();
        });
    },
    async stop(withinMs) {
      if (waiting === 0) return;
      const timer = setTimeout(() => ending.abort(), withinMs);
      await new Promise<void>((resolve) => (idle = resolve));
      clearTimeout(timer);
      ending = new AbortController();
    },
  };
}
