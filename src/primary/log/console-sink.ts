/**
 * Log lines for people: warnings and worse to stderr, the rest to stdout (operations.md §6). Whoever reads them and stops
 * reading costs himself lines, and the gateway no memory.
 */
import pino from 'pino';
import type { ConsoleStyle, LogLevel } from '../../shared/config/schema.js';
import { logLimits } from '../../shared/log/limits.js';
import type { LogSink } from '../../shared/log/logger.js';

export interface ConsoleOptions {
  readonly level: LogLevel;
  readonly style: ConsoleStyle;
  readonly color: boolean;
}

const colors: Readonly<Record<string, string>> = {
  trace: '\u001B[90m',
  debug: '\u001B[90m',
  info: '\u001B[36m',
  warn: '\u001B[33m',
  error: '\u001B[31m',
  fatal: '\u001B[35m',
};
const RESET = '\u001B[0m';

export function consoleSink(options: ConsoleOptions): LogSink {
  const least =
    options.level === 'silent' ? Number.POSITIVE_INFINITY : (pino.levels.values[options.level] ?? 30);
  const warn = pino.levels.values.warn ?? 40;
  let dropped = 0;
  return {
    write(line, level) {
      if (level < least) return;
      const stream = level >= warn ? process.stderr : process.stdout;
      if (stream.writableLength > logLimits.unreadBytes) {
        dropped += 1;
        return;
      }
      if (dropped > 0) process.stderr.write(`${dropped} log lines were not shown: nobody read them\n`);
      dropped = 0;
      stream.write(options.style === 'json' ? line : `${format(line, options)}\n`);
    },
  };
}

interface Line {
  readonly time: string;
  readonly level: string;
  readonly subsystem: string;
  readonly message: string;
}

function format(line: string, options: ConsoleOptions): string {
  const { time, level, subsystem, message } = JSON.parse(line) as Line;
  const prefix = level === 'info' ? '' : `${level}: `;
  if (options.style === 'compact') return `[${subsystem}] ${prefix}${message}`;
  const clock = time.slice(11, 19);
  if (!options.color) return `${clock} [${subsystem}] ${prefix}${message}`;
  const color = colors[level] ?? '';
  return `${colors.trace}${clock}${RESET} ${color}[${subsystem}]${RESET} ${prefix}${message}`;
}
