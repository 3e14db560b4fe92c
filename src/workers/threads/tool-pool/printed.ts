/** What code in this thread prints goes nowhere, and may not go on for ever. */
import { toolRunLimits } from '../../../shared/tools/limits.js';

export interface Printed {
  /** From here on it counts for this task. */
  reset(tooMuch: () => void): void;
}

export function swallowPrinted(): Printed {
  let bytes = 0;
  let tell: () => void = () => {};
  const swallow = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    bytes += chunk.length;
    if (bytes > toolRunLimits.printedBytes) {
      tell();
      // Of this thread only; a loop that prints ends here too.
      process.exit(1);
    }
    const done = rest.at(-1);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  process.stdout.write = swallow;
  process.stderr.write = swallow;
  return {
    reset(tooMuch) {
      bytes = 0;
      tell = tooMuch;
    },
  };
}
