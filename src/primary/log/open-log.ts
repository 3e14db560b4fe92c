/** The primary's log: its own records and the workers' lines, to the file and the console, each with its own level. */
import pino from 'pino';
import type { ConsoleStyle, LogLevel } from '../../shared/config/schema.js';
import type { GatewayOptions } from '../../shared/gateway-options.js';
import { createLogger, type Logger, type LogSink } from '../../shared/log/logger.js';
import { createRedactor, type Redactor } from '../../shared/log/redact.js';
import { expandHome } from '../../shared/paths.js';
import { tableSecrets } from '../../shared/routes.js';
import type { StartPlan } from '../config/start-plan.js';
import { consoleSink } from './console-sink.js';
import { openLogFile } from './file-sink.js';

export interface GatewayLog {
  readonly log: Logger;
  /** The file only: for what the console is told in another way. */
  readonly fileLog: Logger;
  readonly path: string;
  readonly style: ConsoleStyle;
  /** Least level that anyone wants: what workers should send. */
  readonly level: LogLevel;
  /** What must never appear in a line, or in an answer. */
  readonly redactor: Redactor;
  /** Finished lines of workers. */
  readonly sink: LogSink;
  /** Writes what waits; call before exit. */
  close(): void;
}

export function openLog(plan: StartPlan, { flags, paths }: GatewayOptions): GatewayLog {
  const config = plan.config.logging;
  const file = openLogFile({
    dir: paths.logDir,
    maxFileBytes: config.maxFileBytes,
    retentionDays: config.retentionDays,
    configured: config.file === null ? null : expandHome(config.file, paths.home),
    lost(lines) {
      log.warn('log.lost', `${lines} lines are missing in the log file: it could not be written`, { lines });
    },
  });
  const consoleLevel = flags.verbose ? lower('debug', config.level) : (config.consoleLevel ?? config.level);
  const style = config.consoleStyle ?? (process.stdout.isTTY ? 'pretty' : 'compact');
  const shown = consoleSink({ level: consoleLevel, style, color: flags.color });
  const kept = rank(config.level);
  const sink: LogSink = {
    write(line, level) {
      if (level >= kept) file.write(line, level);
      shown.write(line, level);
    },
  };
  const level = lower(config.level, consoleLevel);
  const redactor = createRedactor(secretsInUse(plan));
  const log = createLogger({ sink, level, subsystem: 'gateway', redactor });
  return {
    log,
    fileLog: createLogger({ sink: file, level: config.level, subsystem: 'gateway', redactor }),
    redactor,
    path: file.path,
    style,
    level,
    sink,
    close: file.close,
  };
}

function rank(level: LogLevel): number {
  return level === 'silent' ? Number.POSITIVE_INFINITY : (pino.levels.values[level] ?? 30);
}

function lower(a: LogLevel, b: LogLevel): LogLevel {
  return rank(a) <= rank(b) ? a : b;
}

/** What must never appear in a line, whatever it looks like. */
export function secretsInUse({
  auth,
  routes,
  secrets,
}: Pick<StartPlan, 'auth' | 'routes' | 'secrets'>): string[] {
  const resolved = [...secrets.values.values(), ...tableSecrets(routes)];
  return auth.secret === undefined ? resolved : [auth.secret, ...resolved];
}
