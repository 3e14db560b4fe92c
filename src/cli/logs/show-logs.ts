/**
 * Lines of the log, once or as they come (cli.md §8).
 *
 *   asking the gateway ──lines──▶ shown ──follow: a pause──▶ asking for what came since
 *        │                                                     │
 *        ├── nobody answers at first, it is our own: the file   └── lost ──pause, longer each time──▶ asking again
 *        └── else: why not                                               └── too often in a row: why
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { logTailLimits } from '../../shared/log/limits.js';
import type { LogTail } from '../../shared/log/tail.js';
import { deviceOf, type GatewayAccess } from '../client/call.js';
import { explain } from '../client/explain.js';
import { isLocal, resolveTarget } from '../client/target.js';
import { followLimits } from '../limits.js';
import type { LogPrinter } from './log-printer.js';
import { fileSource, gatewaySource, isAway, mayReadFile, type LogSource } from './log-source.js';
import type { LogWishes } from './tail-options.js';

/** Resolves when all has been shown; with `follow` it goes on until `stop`. @throws UserError, or what `stop` says */
export async function showLogs(
  access: GatewayAccess,
  { first, follow, intervalMs, timeoutMs }: LogWishes,
  printer: LogPrinter,
  stop: AbortSignal,
): Promise<void> {
  const { sources } = access;
  const target = resolveTarget(access.flags, sources);
  const device = deviceOf(access);
  let source: LogSource | undefined;
  let place: Pick<LogTail, 'file' | 'cursor'> | undefined;
  let losses = 0;

  const read = async (): Promise<LogTail> => {
    source ??= await gatewaySource(target, device, timeoutMs);
    const request = place ? { cursor: place.cursor, ...later } : first;
    const tail = await source.read(request);
    const isOther = place !== undefined && tail.file !== place.file && !tail.reset;
    // The cursor was one of another file, which this one only happens to be longer than.
    return isOther ? source.read({ ...request, cursor: 0 }) : tail;
  };
  const recover = async (caught: unknown): Promise<void> => {
    stop.throwIfAborted();
    source?.close();
    source = undefined;
    if (!place && mayReadFile(caught) && isLocal(target)) {
      printer.notice(`${caught.message}; reading the log file instead.`);
      source = fileSource(sources);
      return;
    }
    const goesOn = follow && place && isAway(caught) && losses < followLimits.tries;
    if (!goesOn) throw explain(caught, target, sources, device);
    const pauseMs = Math.min(followLimits.maxPauseMs, followLimits.pauseMs * 2 ** losses);
    losses += 1;
    printer.notice(
      `${caught.message}; reconnecting in ${pauseMs} ms (try ${losses} of ${followLimits.tries}).`,
    );
    await sleep(pauseMs, undefined, { signal: stop });
  };
  const show = (tail: LogTail, kind: LogSource['kind']): void => {
    if (tail.file !== place?.file || tail.reset) printer.source(tail, kind);
    if (tail.reset) printer.notice('The log file is another one now; going on with that.');
    if (tail.truncated) printer.notice('Lines are missing: there are more than --max-bytes holds.');
    if (tail.lines.length > 0) printer.lines(tail.lines);
    place = { file: tail.file, cursor: tail.cursor };
  };

  const stopped = new Promise<never>((_resolve, reject) => {
    stop.addEventListener('abort', () => reject(stop.reason));
  });
  stopped.catch(() => {}); // all may have been shown by then
  try {
    for (;;) {
      stop.throwIfAborted();
      let tail: LogTail;
      try {
        tail = await Promise.race([read(), stopped]);
      } catch (caught) {
        await recover(caught);
        continue;
      }
      losses = 0;
      show(tail, source?.kind ?? 'gateway');
      if (!follow) return;
      if (tail.lines.length < later.limit) await sleep(intervalMs, undefined, { signal: stop });
    }
  } finally {
    source?.close();
  }
}

/** Of everything after the first answer: nothing of what came meanwhile is to be missed. */
const later = { limit: logTailLimits.most.lines, maxBytes: logTailLimits.most.bytes };
