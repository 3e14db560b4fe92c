/** What is kept around a config file that is written: former contents, refused ones, who wrote what (config.md §6). */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { configLimits } from '../limits.js';
import { makePrivateDir, openToAppend, writePrivateFile } from '../../private-file.js';
import { isRefusedWrite, RefusedWrite } from '../../refused-write.js';

/** Puts the text in place of what is there, which becomes the first of the backups. A link stays one. */
export function replaceFile(path: string, text: string, former: string | undefined): void {
  const target = existsSync(path) ? realpathSync(path) : path;
  makePrivateDir(dirname(target));
  if (former !== undefined) {
    for (let count = configLimits.backups - 1; count > 0; count -= 1) {
      const older = backupName(path, count - 1);
      if (existsSync(older)) renameSync(older, backupName(path, count));
    }
    writePrivateFile(backupName(path, 0), former);
  }
  writePrivateFile(target, text);
}

/** Those that there may be, the newest first. */
export function backupsOf(path: string): readonly string[] {
  return Array.from({ length: configLimits.backups }, (_, count) => backupName(path, count));
}

function backupName(path: string, count: number): string {
  return count === 0 ? `${path}.bak` : `${path}.bak.${count}`;
}

/** The last config that a gateway ran with; never put back by itself. */
export function keepLastGood(path: string, text: string): void {
  writePrivateFile(`${path}.last-good`, text);
}

/**
 * Gives the name under which it is kept.
 *
 * @param why `rejected`: what was not written; `clobbered`: what stood there, and could not be used
 */
export function keepAside(path: string, why: 'rejected' | 'clobbered', text: string): string {
  const prefix = `${basename(path)}.${why}.`;
  const kept = join(dirname(path), prefix + new Date().toISOString().replaceAll(/[:.]/g, '-'));
  makePrivateDir(dirname(path));
  writePrivateFile(kept, text);
  const all = readdirSync(dirname(path)).filter((name) => name.startsWith(prefix));
  for (const old of all.sort().slice(0, -configLimits.rejected))
    rmSync(join(dirname(path), old), { force: true });
  return kept;
}

export interface AuditLine {
  readonly previousHash: string | null;
  readonly nextHash: string;
  readonly bytes: number;
  readonly changedPathCount: number;
}

export function audit(logDir: string, line: AuditLine): void {
  audited(logDir, line, () => {});
}

/**
 * Makes a change that the log of changes names: where that cannot be written, nothing is changed.
 *
 * @throws RefusedWrite, or what `change` throws
 */
export function audited(logDir: string, line: AuditLine, change: () => void): void {
  const path = join(logDir, 'config-audit.jsonl');
  const [, program = ''] = process.argv;
  const full = { ts: new Date().toISOString(), pid: process.pid, argv0: basename(program), ...line };
  const bytes = Buffer.from(`${JSON.stringify(full)}\n`);
  const file = refusable(path, () => {
    makePrivateDir(dirname(path));
    return openToAppend(path);
  });
  try {
    const { size } = fstatSync(file);
    refusable(path, () => writeSync(file, bytes));
    try {
      change();
    } catch (caught) {
      // Unless others have written since.
      if (fstatSync(file).size === size + bytes.length) ftruncateSync(file, size);
      throw caught;
    }
  } finally {
    closeSync(file);
  }
}

function refusable<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (caught) {
    throw isRefusedWrite(caught) ? new RefusedWrite(path, caught) : caught;
  }
}
