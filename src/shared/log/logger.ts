/**
 * The log as the code sees it: one call per fact, with an event name. A record is filtered, redacted,
 * rate-limited and encoded in the process where it is made; only finished lines travel (operations.md §6).
 */
import { hostname } from 'node:os';
import pino from 'pino';
import type { LogLevel } from '../config/schema.js';
import { logLimits } from './limits.js';
import { localIso } from './local-time.js';
import { createRedactor, type Redactor } from './redact.js';

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  trace(event: string, message: string, fields?: LogFields): void;
  debug(event: string, message: string, fields?: LogFields): void;
  info(event: string, message: string, fields?: LogFields): void;
  warn(event: string, message: string, fields?: LogFields): void;
  error(event: string, message: string, fields?: LogFields): void;
  fatal(event: string, message: string, fields?: LogFields): void;
  /** The same log under another subsystem's name. */
  for(subsystem: string): Logger;
  /** False when a record of this level would go nowhere: saves building it. */
  enabled(level: LogLevel): boolean;
}

export interface RootLogger extends Logger {
  /** From here on this is the least level, also of those that were made of it. */
  useLevel(level: LogLevel): void;
}

/** Where finished lines go. `level` is pino's number (10 trace … 60 fatal). */
export interface LogSink {
  write(line: string, level: number): void;
}

export interface LoggerOptions {
  readonly sink: LogSink;
  readonly level: LogLevel;
  readonly subsystem: string;
  /** Knows the values that must never appear. */
  readonly redactor?: Redactor;
  readonly now?: () => Date;
}

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

export function createLogger(options: LoggerOptions): RootLogger {
  const now = options.now ?? (() => new Date());
  const destination = {
    lastLevel: 0,
    [Symbol.for('pino.metadata')]: true,
    write(line: string): void {
      limit.wrote(line.length);
      options.sink.write(line, this.lastLevel);
    },
  };
  const root = pino(
    {
      level: options.level,
      base: { hostname: hostname(), pid: process.pid },
      messageKey: 'message',
      timestamp: () => `,"time":"${localIso(now())}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const redactor = options.redactor ?? createRedactor([]);
  const limit = rateLimit(now, (dropped) => {
    const { recordsPerSecond, charsPerSecond } = logLimits;
    const message = `${dropped} log records dropped: more than ${recordsPerSecond} or ${charsPerSecond / 1_024} KiB in a second`;
    root.warn(record('log', message, now(), { event: 'log.dropped', dropped }), message);
  });
  const useLevel = (level: LogLevel): void => void (root.level = level);
  return { ...facade(root, options.subsystem, redactor, limit.admit, now), useLevel };
}

function facade(
  root: pino.Logger,
  subsystem: string,
  redactor: Redactor,
  admit: () => boolean,
  now: () => Date,
): Logger {
  const at =
    (level: Level) =>
    (event: string, message: string, fields: LogFields = {}): void => {
      if (!root.isLevelEnabled(level) || !admit()) return;
      const text = redactor.text(message, logLimits.messageChars);
      root[level](record(subsystem, text, now(), { event, ...redactor.fields(fields) }, level), text);
    };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    for: (other) => facade(root, other, redactor, admit, now),
    enabled: (level) => level !== 'silent' && root.isLevelEnabled(level),
  };
}

/** Fields of a line beside time, level and message; `_meta` and `0` are what existing log readers look for. */
function record(subsystem: string, text: string, at: Date, fields: LogFields, level: Level = 'warn'): object {
  const name = JSON.stringify({ subsystem });
  return {
    ...fields,
    subsystem,
    _meta: { logLevelName: level.toUpperCase(), date: at.toISOString(), name },
    0: text,
  };
}

interface RateLimit {
  admit(): boolean;
  /** What was admitted is so long. */
  wrote(chars: number): void;
}

/** Admits so many records in each second, and so long ones, and reports how many were left out, at its end at the latest. */
function rateLimit(now: () => Date, report: (dropped: number) => void): RateLimit {
  const { recordsPerSecond, charsPerSecond } = logLimits;
  let second = 0;
  let admitted = 0;
  let chars = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    clearTimeout(timer);
    const count = dropped;
    dropped = 0;
    report(count);
  };
  return {
    admit() {
      const current = Math.floor(now().getTime() / 1000);
      if (current !== second) {
        second = current;
        admitted = 0;
        chars = 0;
        if (dropped > 0) tell();
      }
      admitted += 1;
      if (admitted <= recordsPerSecond && chars < charsPerSecond) return true;
      // Should nothing more be logged, that is said all the same.
      if (dropped === 0) timer = setTimeout(tell, 1_000).unref();
      dropped += 1;
      return false;
    },
    wrote: (more) => void (chars += more),
  };
}
