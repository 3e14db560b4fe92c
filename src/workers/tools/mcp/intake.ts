/** How much one server may say: a number of messages and bytes in a second. What is more, waits where it is. */
import { mcpLimits } from '../../../shared/tools/limits.js';

export interface Intake {
  /** Counts what was read. @returns milliseconds until more may be read */
  take(messages: number, bytes: number): number;
  /** It has had more to say than it may for many seconds on end. */
  readonly flooded: boolean;
}

const SECOND_MS = 1_000;

export function createIntake(now: () => number = () => performance.now()): Intake {
  const { messagesPerSecond, bytesPerSecond, floodSeconds } = mcpLimits;
  let from = now();
  let messages = 0;
  let bytes = 0;
  let fullSeconds = 0;
  const isFull = (): boolean => messages >= messagesPerSecond || bytes >= bytesPerSecond;
  return {
    take(moreMessages, moreBytes) {
      const at = now();
      if (at - from >= SECOND_MS) {
        fullSeconds = isFull() && at - from < 2 * SECOND_MS ? fullSeconds + 1 : 0;
        from = at;
        messages = 0;
        bytes = 0;
      }
      messages += moreMessages;
      bytes += moreBytes;
      return isFull() ? Math.max(1, Math.ceil(from + SECOND_MS - at)) : 0;
    },
    get flooded() {
      return fullSeconds >= floodSeconds;
    },
  };
}
