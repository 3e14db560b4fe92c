/**
 * Whether what is written reaches the disk:
 *
 *   working ──a write failed, or its files may not be written──▶ failing ──a trial succeeded──▶ working
 *
 * While it fails nothing else is written: it would fail as well, and the library's own words about that go to stderr. Perhaps
 * nobody writes any more, since a gateway that is not ready gets no work: whoever asks for the state has it tried, too.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { storeLimits } from '../../shared/limits.js';
import { toError } from '../../shared/to-error.js';

export interface WriteHealth {
  /** A write did not reach the disk. */
  failed(why: string): void;
  /** False after a failure, until a trial has succeeded; each call has it looked at anew. */
  check(): boolean;
  /** As it is now. */
  readonly failing: boolean;
  /** Resolves when writing has been tried, which may be a moment from now, and works. @throws Error with the reason when it does not */
  tried(): Promise<void>;
}

export interface WriteHealthOptions {
  /** Writes as much as usual writes do, and rejects when that fails; the message is the reason. */
  trial(): Promise<void>;
  /** Rejects when nothing can be written, as far as can be told without writing. */
  look(): Promise<void>;
  /** From here on it fails, for that reason, or works again. */
  changed(why: string | undefined): void;
  now?(): number;
}

export function createWriteHealth({ trial, look, changed, ...options }: WriteHealthOptions): WriteHealth {
  const now = options.now ?? (() => performance.now());
  let reason: string | undefined;
  let failedAt = 0;
  let trying: Promise<void> | undefined;
  let looking = false;

  const failed = (why: string): void => {
    failedAt = now();
    const before = reason;
    reason = why;
    if (before === undefined) changed(why);
  };
  const attempt = async (afterMs = 0): Promise<void> => {
    if (afterMs > 0) await sleep(afterMs);
    try {
      await trial();
      reason = undefined;
      changed(undefined);
    } catch (caught) {
      failed(toError(caught).message);
    } finally {
      trying = undefined;
    }
  };
  const lookAgain = async (): Promise<void> => {
    try {
      await look();
    } catch (caught) {
      failed(toError(caught).message);
    } finally {
      looking = false;
    }
  };
  return {
    failed,
    get failing() {
      return reason !== undefined;
    },
    check() {
      if (reason !== undefined) {
        trying ??= attempt();
        return false;
      }
      if (!looking) {
        looking = true;
        void lookAgain();
      }
      return true;
    },
    async tried() {
      if (reason === undefined) return;
      await (trying ??= attempt(storeLimits.trialGapMs - (now() - failedAt)));
      if (reason !== undefined) throw new Error(reason);
    },
  };
}
