/** Log lines to the file. A failing disk never stops the gateway; it is told once on stderr. */
import type { LogSink } from '../../shared/log/logger.js';
import { createLineWriter } from './line-writer.js';
import { openLogFiles, type LogFilesOptions } from './log-files.js';

export interface LogFile extends LogSink {
  /** Of the file at the start. */
  readonly path: string;
  /** The last write went well. */
  readonly writable: boolean;
  /** Writes what waits, as far as the disk lets it, and closes the file. */
  close(): void;
}

export interface LogFileOptions extends Omit<LogFilesOptions, 'now' | 'warn'> {
  readonly now?: () => Date;
  /** The file can be written again, and this many lines are not in it. */
  lost(lines: number): void;
}

/** @throws StartError when the file cannot be opened */
export function openLogFile({ now = () => new Date(), lost, ...options }: LogFileOptions): LogFile {
  let warned = false;
  const say = (text: string): void => void process.stderr.write(`log file ${files.path}: ${text}\n`);
  const warn = (error: Error): void => {
    if (!warned) say(error.message);
    warned = true;
  };
  const files = openLogFiles({ ...options, now, warn });
  const { path } = files;
  const writer = createLineWriter({
    target: files.descriptor,
    failed: warn,
    dropped: lost,
    closed: files.close,
  });
  return {
    path,
    write: writer.write,
    get writable() {
      return writer.working;
    },
    close() {
      const lines = writer.close();
      if (lines > 0) say(`${lines} lines could not be written`);
    },
  };
}
