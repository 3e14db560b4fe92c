/** The log file: one a day (local date), or the one that is configured. A failing disk never stops the gateway. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pino from 'pino';
import type { LogSink } from '../../shared/log/logger.js';
import { logFileName, type Paths } from '../../shared/paths.js';

export interface LogFile extends LogSink {
  readonly path: string;
  /** Writes out what is buffered; call before exit. */
  flush(): void;
}

export function openLogFile(
  paths: Paths,
  configured: string | null,
  now: () => Date = () => new Date(),
): LogFile {
  const pathFor = (day: Date): string => configured ?? join(paths.logDir, logFileName(day));
  let path = pathFor(now());
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = pino.destination({ dest: path, sync: false, mode: 0o600, append: true });
  let warned = false;
  file.on('error', (error: Error) => {
    if (warned) return;
    warned = true;
    process.stderr.write(`log file ${path}: ${error.message}\n`);
  });
  return {
    get path() {
      return path;
    },
    write(line) {
      const wanted = pathFor(now());
      if (wanted !== path) {
        path = wanted;
        file.reopen(path);
      }
      file.write(line);
    },
    flush() {
      try {
        file.flushSync();
      } catch {
        warned = true; // not open yet or gone: there is nowhere left to say so
      }
    },
  };
}
