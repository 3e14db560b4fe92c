/**
 * `boot-history.json` (operations.md §15): which starts of late came to a proper end. After several that did not, the
 * gateway starts without what may be the cause: channels. It is only a hint, so a file that cannot be read or written
 * keeps nobody from starting.
 */
import { restartLimits } from '../../shared/limits.js';
import { isRecord } from '../../shared/is-record.js';
import type { Logger } from '../../shared/log/logger.js';
import { writePrivateFile } from '../../shared/private-file.js';
import { describeRefusedWrite } from '../../shared/refused-write.js';
import { readSmallFile } from './small-file.js';

export interface Boot {
  /** Starts before this one, within the window, that came to no proper end. */
  readonly unclean: number;
  /** They are so many that channels are better left alone: why, as `openChannels` wants it. */
  readonly safeMode: { readonly safeMode?: string };
  /** It comes to a proper end. */
  ended(): void;
}

interface KnownBoot {
  readonly at: number;
  readonly pid: number;
  readonly clean: boolean;
}

/** The state dir must be there, and ours alone. */
export function beginBoot(file: string, log: Logger, now: () => number = Date.now): Boot {
  const { bootWindowMs, uncleanBoots, bootHistoryBytes, boots: most } = restartLimits;
  const at = now();
  const attempt = <T>(step: () => T, otherwise: T): T => {
    try {
      return step();
    } catch (caught) {
      log.warn('boot.history', `${file}: ${describeRefusedWrite(caught)}`);
      return otherwise;
    }
  };
  const before = attempt(() => readBoots(readSmallFile(file, bootHistoryBytes)?.boots), []).filter(
    (boot) => boot.at <= at && at - boot.at <= bootWindowMs,
  );
  const write = (clean: boolean): void => {
    const boots = [...before, { at, pid: process.pid, clean }].slice(-most);
    attempt(() => writePrivateFile(file, JSON.stringify({ version: 1, boots })), undefined);
  };
  write(false);
  const unclean = before.filter(({ clean }) => !clean).length;
  const tripped = unclean >= uncleanBoots;
  if (tripped)
    log.error(
      'boot.safe-mode',
      `gateway restart-loop breaker tripped: ${unclean} unclean boot(s) within ${bootWindowMs / 1000}s; channels are not started`,
      { unclean },
    );
  const safeMode = tripped ? { safeMode: `${unclean} unclean boots` } : {};
  return { unclean, safeMode, ended: () => write(true) };
}

function readBoots(value: unknown): KnownBoot[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (!isRecord(entry) || typeof entry.at !== 'number') return [];
    return [{ at: entry.at, pid: Number(entry.pid), clean: entry.clean === true }];
  });
}
