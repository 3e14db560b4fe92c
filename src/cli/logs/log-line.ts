/** A line of the log file, for programs and for people (cli.md §8). */
import { localIso } from '../../shared/log/local-time.js';
import { multilineText, plainText } from '../output/plain-text.js';
import type { Style } from '../output/style.js';
import { isRecord, textOf } from '../record.js';

export type Clock = 'local' | 'utc';

export type LogRecord =
  | {
      readonly type: 'log';
      readonly time: string;
      readonly level: string;
      readonly subsystem: string;
      readonly message: string;
      readonly raw: string;
    }
  /** Somebody else's line. */
  | { readonly type: 'raw'; readonly raw: string };

export function readLogLine(raw: string, clock: Clock): LogRecord {
  const line = parsed(raw);
  const message = textOf(line?.message);
  if (!line || message === undefined) return { type: 'raw', raw };
  return {
    type: 'log',
    time: shownTime(textOf(line.time) ?? '', clock),
    level: textOf(line.level) ?? 'info',
    subsystem: textOf(line.subsystem) ?? '',
    message,
    raw,
  };
}

/** `<time> <level> [subsystem] message` */
export function humanLine(record: LogRecord, style: Style): string {
  if (record.type === 'raw') return multilineText(record.raw);
  const { time, level, subsystem, message } = record;
  const paint = paints[level];
  const shownLevel = plainText(level).padEnd(LONGEST_LEVEL);
  return [
    style.dim(plainText(time)),
    paint === undefined ? shownLevel : style[paint](shownLevel),
    `[${plainText(subsystem)}]`,
    multilineText(message),
  ].join(' ');
}

/** The message alone. */
export function plainLine(record: LogRecord): string {
  return multilineText(record.type === 'raw' ? record.raw : record.message);
}

const LONGEST_LEVEL = 'error'.length;

const paints: Readonly<Record<string, 'bad' | 'warn' | 'dim'>> = {
  fatal: 'bad',
  error: 'bad',
  warn: 'warn',
  debug: 'dim',
  trace: 'dim',
};

function shownTime(time: string, clock: Clock): string {
  const at = Date.parse(time);
  if (Number.isNaN(at)) return time;
  return clock === 'utc' ? new Date(at).toISOString() : localIso(new Date(at));
}

function parsed(raw: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(raw);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined; // not one of ours
  }
}
