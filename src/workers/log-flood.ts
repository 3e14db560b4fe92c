/** For tests of load: a worker that has far too much to log (`PLLAN_TEST_LOG_LINES`). */
import type { TestLog } from '../shared/ipc.js';
import type { Logger } from '../shared/log/logger.js';
import { monotonicMs } from '../shared/monotonic.js';

const INTERVAL_MS = 5;

export function floodLog(log: Logger, { linesPerSecond, chars }: TestLog): void {
  const text = 'x'.repeat(chars);
  const startedAt = monotonicMs();
  let said = 0;
  const say = (): void => {
    const due = ((monotonicMs() - startedAt) / 1_000) * linesPerSecond;
    for (; said < due; said += 1) log.info('test.flood', text);
  };
  setInterval(say, INTERVAL_MS).unref();
}
