/**
 * Which file takes log lines now: another one each day or the one that is configured, a fresh one when it is
 * full. What is older than the retention is removed at the start and with each new day (operations.md §6).
 */
import { closeSync, existsSync, fstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { currentLogFile, type LogPlace } from '../../shared/log/log-place.js';
import { logLimits } from '../../shared/log/limits.js';
import { logFileDay, logFileName } from '../../shared/paths.js';
import { errorCode, toError } from '../../shared/to-error.js';
import { makePrivateDir, openToAppend } from '../../shared/private-file.js';
import { systemStep } from '../start-error.js';

export interface LogFilesOptions extends LogPlace {
  /** A file of this size is moved to `.1`. */
  readonly maxFileBytes: number;
  /** Dated files of earlier days are removed. */
  readonly retentionDays: number;
  now(): Date;
  /** Rolling or removing went wrong; lines are written all the same. */
  warn(error: Error): void;
}

export interface LogFiles {
  readonly path: string;
  /** Of the file to write to now. @throws what opening a file throws */
  descriptor(): number;
  /** Nothing is written to it any more. */
  close(): void;
}

const REMEDY = 'Make its folder one that this user can write to, or set logging.file in the config.';

/** @throws StartError when the file cannot be opened */
export function openLogFiles(options: LogFilesOptions): LogFiles {
  const { dir, configured, maxFileBytes, now } = options;
  const pathNow = (): string => currentLogFile(options, now());
  const attempt = (step: () => void): boolean => {
    try {
      step();
      return true;
    } catch (caught) {
      options.warn(toError(caught));
      return false;
    }
  };
  const prune = (): void => {
    if (configured === null) attempt(() => removeOld(dir, options.retentionDays, now()));
  };
  let path = pathNow();
  let open = systemStep(`log file ${path} cannot be opened`, REMEDY, () => {
    makePrivateDir(dirname(path));
    return openToAppend(path);
  });
  let rollsFrom = 0;
  prune();

  const replace = (next: string): void => {
    const opened = openToAppend(next);
    closeSync(open);
    open = opened;
    path = next;
  };
  return {
    get path() {
      return path;
    },
    descriptor() {
      const wanted = pathNow();
      if (wanted !== path) {
        replace(wanted);
        rollsFrom = 0;
        prune();
      } else if (now().getTime() >= rollsFrom && isFull(open, maxFileBytes)) {
        // A file may be ours and its folder not: then it grows on, and nobody tries again at every line.
        if (attempt(() => roll(path))) replace(path);
        else rollsFrom = now().getTime() + logLimits.rollRetryMs;
      }
      return open;
    },
    close: () => closeSync(open),
  };
}

/** Never true of a device or a pipe. */
function isFull(descriptor: number, maxBytes: number): boolean {
  const stat = fstatSync(descriptor);
  return stat.isFile() && stat.size >= maxBytes;
}

/** `.4` becomes `.5`, and so on; what was `.5` is gone. */
function roll(path: string): void {
  if (!existsSync(path)) return; // moved already, but no new one could be opened then
  const names = [path, ...Array.from({ length: logLimits.rolledFiles }, (_, i) => `${path}.${i + 1}`)];
  for (let i = names.length - 2; i >= 0; i -= 1) {
    try {
      renameSync(names[i] as string, names[i + 1] as string);
    } catch (caught) {
      if (errorCode(caught) !== 'ENOENT') throw caught;
    }
  }
}

function removeOld(dir: string, retentionDays: number, now: Date): void {
  const oldestKept = new Date(now);
  oldestKept.setDate(now.getDate() - retentionDays);
  const firstKept = logFileDay(logFileName(oldestKept)) ?? '';
  for (const name of readdirSync(dir)) {
    const day = logFileDay(name);
    if (day !== undefined && day < firstKept) rmSync(join(dir, name), { force: true });
  }
}
