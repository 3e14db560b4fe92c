/** What `pllan logs` says: lines on stdout; what it has to say itself there as records, for people on stderr (cli.md §8). */
import type { LogTail } from '../../shared/log/tail.js';
import type { Output } from '../output/output.js';
import { harmlessJson, multilineText } from '../output/plain-text.js';
import { UserError } from '../user-error.js';
import { humanLine, plainLine, readLogLine, type Clock, type LogRecord } from './log-line.js';
import type { LogSource } from './log-source.js';

export interface LogPrinter {
  /** Where what follows is from. */
  source(tail: LogTail, kind: LogSource['kind']): void;
  lines(raw: readonly string[]): void;
  notice(message: string): void;
  /** Why there is no more. */
  failed(error: Error): void;
}

export interface PrinterOptions {
  readonly json: boolean;
  readonly plain: boolean;
  readonly clock: Clock;
}

export function createLogPrinter(output: Output, { json, plain, clock }: PrinterOptions): LogPrinter {
  const shown = plain ? plainLine : (record: LogRecord) => humanLine(record, output.style);
  const read = (raw: string): LogRecord => readLogLine(raw, clock);
  if (json)
    return {
      source: ({ file, cursor, size }, kind) =>
        output.print(
          jsonLine({ type: 'meta', file, cursor, size, ...(kind === 'file' ? { sourceKind: kind } : {}) }),
        ),
      lines: (raw) => output.print(...raw.map((line) => jsonLine(read(line)))),
      notice: (message) => output.print(jsonLine({ type: 'notice', message })),
      failed(error) {
        const { message, details = [], facts = {} } = error as Partial<UserError> & Error;
        const hint = details.find((line) => line.startsWith('Fix: '))?.slice('Fix: '.length);
        const code = error instanceof UserError ? facts.code : undefined;
        output.note(jsonLine({ type: 'error', message, error: code ?? error.name, details, hint }));
      },
    };
  return {
    source({ file }) {
      if (!plain && file !== '') output.note(`Log file: ${multilineText(file)}`);
    },
    lines: (raw) => output.print(...raw.map((line) => shown(read(line)))),
    notice: (message) => output.note(message),
    failed(error) {
      output.note(error.message, ...(error instanceof UserError ? error.details : []));
    },
  };
}

function jsonLine(record: object): string {
  return harmlessJson(JSON.stringify(record));
}
