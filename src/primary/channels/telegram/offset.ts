/** Up to where updates have been taken, across restarts. What it forgets comes again, and is taken once all the same. */
import { toError } from '../../../shared/to-error.js';
import type { AccountHost } from '../channel.js';
import { telegramLimits } from './limits.js';

export interface Offset {
  /** Of the first update that is not taken; undefined when any may be. */
  readonly value: number | undefined;
  /** Resolves when it is on disk, or cannot be put there. */
  moveTo(value: number): Promise<void>;
}

/** @param botId of the bot: another one counts its own updates */
export async function readOffset(host: AccountHost, botId: number): Promise<Offset> {
  const name = `offset:${botId}`;
  let [value = Number.NaN, at = 0] = (await recalled(host, name)).split(' ').map(Number);
  return {
    get value() {
      return Number.isNaN(value) || Date.now() - at > telegramLimits.offsetMs ? undefined : value;
    },
    async moveTo(next) {
      value = next;
      at = Date.now();
      try {
        await host.memory.set(name, `${value} ${at}`);
      } catch (caught) {
        host.log.warn('telegram.offset', `cannot keep the offset: ${toError(caught).message}`);
      }
    },
  };
}

async function recalled(host: AccountHost, name: string): Promise<string> {
  try {
    return (await host.memory.get(name)) ?? '';
  } catch (caught) {
    host.log.warn('telegram.offset', `cannot read the offset: ${toError(caught).message}`);
    return '';
  }
}
