/** `logging` of the config (config.md §8). */
import type convict from 'convict';
import { integer, oneOf, optional, regularExpressions, text } from './formats.js';

export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof logLevels)[number];

export const consoleStyles = ['pretty', 'compact', 'json'] as const;
export type ConsoleStyle = (typeof consoleStyles)[number];

const redactSensitive = ['tools', 'off'] as const;

export interface LoggingConfig {
  readonly level: LogLevel;
  readonly file: string | null;
  readonly consoleLevel: LogLevel | null;
  readonly consoleStyle: ConsoleStyle | null;
  readonly maxFileBytes: number;
  readonly retentionDays: number;
  readonly redactSensitive: (typeof redactSensitive)[number];
  readonly redactPatterns: readonly string[];
}

const MIB = 1024 * 1024;

export const loggingSchema: convict.Schema<LoggingConfig> = {
  level: {
    doc: 'Least level that is logged.',
    default: 'info',
    format: oneOf(logLevels),
    env: 'PLLAN_LOG_LEVEL',
    arg: 'log-level',
  },
  file: optional(text, 'Log file; default is one a day in the state dir.'),
  consoleLevel: optional(oneOf(logLevels), 'Least level shown on the console.'),
  consoleStyle: optional(oneOf(consoleStyles), 'How console lines look.'),
  maxFileBytes: {
    doc: 'Size at which a log file is moved aside.',
    default: 100 * MIB,
    format: integer(4_096, 1024 * 1024 * MIB),
  },
  retentionDays: { doc: 'Days that log files are kept.', default: 7, format: integer(1, 36_500) },
  redactSensitive: {
    doc: 'With off, what only looks like a credential is not hidden; secrets that the gateway knows are.',
    default: 'tools',
    format: oneOf(redactSensitive),
  },
  redactPatterns: {
    doc: 'Regular expressions for what else no line may show; of one with groups the last one.',
    default: [],
    format: regularExpressions,
  },
};
