/** What the end of the log tells when the gateway itself cannot be asked. */
import { join } from 'node:path';
import { expandHome, logFileName, type Paths } from '../../shared/paths.js';
import type { CliConfig } from '../config/cli-config.js';
import { overviewLimits } from '../limits.js';
import { plainText } from '../output/plain-text.js';
import { lastLines } from '../overview/log-end.js';
import { recordOf, textOf, type Facts } from '../record.js';

export function logFileOf({ logging: { file } }: CliConfig, paths: Paths): string {
  return file === null ? join(paths.logDir, logFileName(new Date())) : expandHome(file, paths.home);
}

/** The last line of level error or fatal: why it is not there. */
export function lastGatewayError(logFile: string): string | undefined {
  return lastText(logFile, ({ level }) => level === 'error' || level === 'fatal');
}

/** What it said last about its own end or restart, with the time. */
export function lastGatewayEnd(logFile: string): string | undefined {
  const ends: ReadonlySet<unknown> = new Set(['signal', 'restart', 'shutdown.timeout', 'unexpected']);
  return lastText(logFile, ({ event }) => ends.has(event));
}

function lastText(logFile: string, wanted: (record: Facts) => boolean): string | undefined {
  const found = lastLines(logFile, overviewLimits.logBytes).map(recordIn).findLast(wanted);
  if (found === undefined) return undefined;
  const { time, message } = found;
  return plainText(`${textOf(time) ?? '?'} ${textOf(message) ?? ''}`);
}

function recordIn(line: string): Facts {
  try {
    return recordOf(JSON.parse(line));
  } catch {
    return {}; // not a line of ours
  }
}
