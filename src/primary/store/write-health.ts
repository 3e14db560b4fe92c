/**
 * Whether what is written reaches the disk. After a failure perhaps nobody writes any more, since a gateway that is not
 * ready gets no work: whoever asks then has it tried.
 */
import { toError } from '../../shared/to-error.js';

export interface WriteHealth {
  /** A write did not reach the disk. */
  failed(): void;
  /** False after a failure, until a try has succeeded. */
  check(): boolean;
}

/** @param attempt writes as much as usual writes do, and rejects when that fails */
export function createWriteHealth(attempt: () => Promise<void>): WriteHealth {
  let failing = false;
  let trying = false;
  const tryAgain = async (): Promise<void> => {
    try {
      await attempt();
      failing = false;
    } catch (caught) {
      void toError(caught); // as before
    } finally {
      trying = false;
    }
  };
  return {
    failed: () => void (failing = true),
    check() {
      if (failing && !trying) {
        trying = true;
        void tryAgain();
      }
      return !failing;
    },
  };
}
