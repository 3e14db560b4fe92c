/**
 * `gateway-restart-intent.json` (operations.md §4): whoever stops the gateway to start it anew leaves it before the signal,
 * so that clients are told that they may come again.
 */
import { restartLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { toError } from '../../shared/to-error.js';
import { readSmallFile, removeSmallFile } from './small-file.js';

export interface RestartIntent {
  /** What is under way is to be ended at once. */
  readonly force: boolean;
}

/** That for this process, if it is not old. It counts once. */
export function takeIntent(file: string, pid: number, now: number, log: Logger): RestartIntent | undefined {
  try {
    const intent = readSmallFile(file, restartLimits.intentBytes);
    if (!intent) return undefined;
    removeSmallFile(file);
    const { pid: meant, createdAt } = intent;
    const isFresh = typeof createdAt === 'number' && Math.abs(now - createdAt) <= restartLimits.intentMs;
    return meant === pid && isFresh ? { force: intent.force === true } : undefined;
  } catch (caught) {
    log.warn('restart.intent', `${file}: ${toError(caught).message}`);
    return undefined;
  }
}
