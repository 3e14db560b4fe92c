/** The primary's log: its own records and the workers' lines, to the file and the console, each with its own level. */
import pino from 'pino';
import type { GatewayConfig } from '../../shared/config/load.js';
import type { ConsoleStyle, LogLevel } from '../../shared/config/schema.js';
import type { GatewayOptions } from '../../shared/gateway-options.js';
import type { LogPlace } from '../../shared/log/log-place.js';
import { createLogger, type Logger, type LogSink } from '../../shared/log/logger.js';
import { createRedactor, type Redactor } from '../../shared/log/redact.js';
import { expandHome } from '../../shared/paths.js';
import { secretsInUse, secretsOfConfig } from '../secrets/secrets-in-use.js';
import type { StartPlan } from '../config/start-plan.js';
import { consoleSink } from './console-sink.js';
import { openLogFile, type LogFile } from './file-sink.js';
import { paceLines } from './paced-sink.js';

type LoggingConfig = GatewayConfig['logging'];

export interface GatewayLog {
  readonly log: Logger;
  /** The file only: for what the console is told in another way. */
  readonly fileLog: Logger;
  /** Of the file that is written to. */
  readonly path: string;
  /** The last write to it went well. */
  readonly writable: boolean;
  /** Where it is looked for. */
  readonly place: LogPlace;
  readonly style: ConsoleStyle;
  /** Least level that anyone wants: what workers should send. */
  readonly level: LogLevel;
  /** What must never appear in a line, or in an answer. */
  readonly redactor: Redactor;
  /** Finished lines of workers. */
  readonly sink: LogSink;
  /** What the config says counts from the next line on. @throws StartError when another file cannot be opened */
  configure(config: LoggingConfig): void;
  /** Writes what waits; call before exit. */
  close(): void;
}

export function openLog(plan: StartPlan, { flags, paths }: GatewayOptions): GatewayLog {
  const placeOf = ({ file }: LoggingConfig): LogPlace => ({
    dir: paths.logDir,
    configured: file === null ? null : expandHome(file, paths.home),
  });
  const missing = (lines: number, why: string): void =>
    log.warn('log.lost', `${lines} lines are missing in the log file: ${why}`, { lines });
  const openFile = (config: LoggingConfig): LogFile =>
    openLogFile({
      ...placeOf(config),
      maxFileBytes: config.maxFileBytes,
      retentionDays: config.retentionDays,
      lost: (lines) => missing(lines, 'it could not be written'),
    });
  const viewOf = (config: LoggingConfig): View => {
    const consoleLevel = flags.verbose ? lower('debug', config.level) : (config.consoleLevel ?? config.level);
    const style = config.consoleStyle ?? (process.stdout.isTTY ? 'pretty' : 'compact');
    return {
      config,
      shown: consoleSink({ level: consoleLevel, style, color: flags.color }),
      style,
      kept: rank(config.level),
      level: lower(config.level, consoleLevel),
    };
  };
  let file = openFile(plan.config.logging);
  let view = viewOf(plan.config.logging);
  const sink: LogSink = {
    write(line, level) {
      if (level >= view.kept) file.write(line, level);
      view.shown.write(line, level);
    },
  };
  const redactor = createRedactor(
    secretsInUse({ ...plan, values: plan.secrets.values }, secretsOfConfig(plan.loaded)),
  );
  redactor.usePatterns(plan.config.logging);
  const log = createLogger({ sink, level: view.level, subsystem: 'gateway', redactor });
  // Workers know the secrets that they need, and what is logged of others may come from outside.
  const ofWorkers = paceLines(
    { write: (line, lineLevel) => sink.write(redactor.exact(line), lineLevel) },
    (lines) => missing(lines, 'workers had too many'),
  );
  const fileOnly: LogSink = { write: (line, level) => file.write(line, level) };
  const fileLog = createLogger({ sink: fileOnly, level: view.config.level, subsystem: 'gateway', redactor });
  return {
    log,
    fileLog,
    redactor,
    get path() {
      return file.path;
    },
    get writable() {
      return file.writable;
    },
    get place() {
      return placeOf(view.config);
    },
    get style() {
      return view.style;
    },
    get level() {
      return view.level;
    },
    sink: ofWorkers,
    configure(config) {
      if (isOtherFile(config, view.config)) {
        const next = openFile(config);
        file.close();
        file = next;
      }
      view = viewOf(config);
      redactor.usePatterns(config);
      log.useLevel(view.level);
      fileLog.useLevel(config.level);
    },
    close() {
      ofWorkers.flush();
      file.close();
    },
  };
}

interface View {
  readonly config: LoggingConfig;
  readonly shown: LogSink;
  readonly style: ConsoleStyle;
  /** Least level of lines that go into the file. */
  readonly kept: number;
  readonly level: LogLevel;
}

function isOtherFile(a: LoggingConfig, b: LoggingConfig): boolean {
  return a.file !== b.file || a.maxFileBytes !== b.maxFileBytes || a.retentionDays !== b.retentionDays;
}

function rank(level: LogLevel): number {
  return level === 'silent' ? Number.POSITIVE_INFINITY : (pino.levels.values[level] ?? 30);
}

function lower(a: LogLevel, b: LogLevel): LogLevel {
  return rank(a) <= rank(b) ? a : b;
}
