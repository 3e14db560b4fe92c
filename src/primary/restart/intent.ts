/**
 * `gateway-restart-intent.json` (operations.md §4): whoever stops the gateway to start it anew leaves it before the signal,
 * so that clients are told that they may come again.
 */
import { restartLimits } from '../../shared/limits.js';
import { readSmallFile, removeSmallFile } from './small-file.js';

/** Whether there is one for this process that is not old. It counts once. */
export function takeIntent(file: string, pid: number, now: number): boolean {
  const intent = readSmallFile(file, restartLimits.intentBytes);
  if (!intent) return false;
  removeSmallFile(file);
  const { pid: meant, createdAt } = intent;
  return (
    meant === pid && typeof createdAt === 'number' && Math.abs(now - createdAt) <= restartLimits.intentMs
  );
}
