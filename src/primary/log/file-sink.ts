/** The log file: one a day (local date), or the one that is configured. A failing disk never stops the gateway. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { LogSink } from '../../shared/log/logger.js';
import { logFileName, type Paths } from '../../shared/paths.js';
import { createLineWriter } from './line-writer.js';

export interface LogFile extends LogSink {
  /** Of the file at the start. */
  readonly path: string;
  /** Writes what waits, as far as the disk lets it; call before exit. */
  close(): void;
}

export interface LogFileOptions {
  readonly paths: Paths;
  /** Absolute path of the one file; null for one a day in the log dir. */
  readonly configured: string | null;
  readonly now?: () => Date;
  /** The file can be written again, and this many lines are not in it. */
  lost(lines: number): void;
}

/** @throws what opening a file throws */
export function openLogFile(options: LogFileOptions): LogFile {
  const { paths, configured, now = () => new Date() } = options;
  const file = openDaily(() => configured ?? join(paths.logDir, logFileName(now())));
  const { path } = file;
  const warn = (text: string): void => void process.stderr.write(`log file ${file.path}: ${text}\n`);
  let warned = false;
  const writer = createLineWriter({
    target: file.descriptor,
    failed(error) {
      if (!warned) warn(error.message);
      warned = true;
    },
    dropped: options.lost,
  });
  return {
    path,
    write: writer.write,
    close() {
      const lost = writer.close();
      if (lost > 0) warn(`${lost} lines could not be written`);
    },
  };
}

/** A file that is another one as soon as its path is. */
function openDaily(pathNow: () => string): { readonly path: string; descriptor(): number } {
  let path = pathNow();
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let open = openSync(path, 'a', 0o600);
  return {
    get path() {
      return path;
    },
    descriptor() {
      const wanted = pathNow();
      if (wanted !== path) {
        const next = openSync(wanted, 'a', 0o600);
        closeSync(open);
        open = next;
        path = wanted;
      }
      return open;
    },
  };
}
