/** Writes sessions as files, their owner's only. The index is the last to appear: without it an export is not complete. */
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateDir } from '../../shared/private-file.js';
import { SessionGone, type SessionSource, type StoredSession } from '../../shared/stored-sessions.js';
import { errorCode } from '../../shared/to-error.js';
import { UserError } from '../user-error.js';
import { entryText, INDEX_FILE, isSessionId, lineText, transcriptFile } from './file-form.js';

export interface ExportReport {
  readonly sessions: number;
  readonly lines: number;
  readonly skipped: readonly SkippedSession[];
}

export interface SkippedSession {
  readonly key: string;
  readonly reason: string;
}

/** @param dir made when it is missing; nothing may be in it. @throws UserError, or the file system's error */
export async function exportSessions(source: SessionSource, dir: string): Promise<ExportReport> {
  makePrivateDir(dir);
  if ((await readdir(dir)).length > 0) throw new UserError(`${dir} is not empty`);
  const index = join(dir, INDEX_FILE);
  const partial = `${index}.partial`;
  const skipped: SkippedSession[] = [];
  let sessions = 0;
  let lines = 0;
  const file = await createFile(partial);
  try {
    await file.write('{');
    for await (const session of source.each()) {
      const { key, entry } = session;
      const written = await writeTranscript(dir, session);
      if (typeof written === 'string') {
        skipped.push({ key, reason: written });
        continue;
      }
      const name = written === 0 ? undefined : transcriptFile(entry.sessionId);
      await file.write(`${sessions === 0 ? '' : ',\n'}${entryText(key, entry, name)}`);
      sessions += 1;
      lines += written;
    }
    await file.write('}\n');
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, index);
  return { sessions, lines, skipped };
}

/** Gives the number of lines, or why there are none. */
async function writeTranscript(dir: string, session: StoredSession): Promise<number | string> {
  const { sessionId } = session.entry;
  if (!isSessionId(sessionId)) return 'its sessionId cannot be the name of a file';
  const path = join(dir, transcriptFile(sessionId));
  try {
    return await writePages(path, session.pages);
  } catch (caught) {
    if (!(caught instanceof SessionGone)) throw caught;
    await rm(path, { force: true });
    return caught.message;
  }
}

/** Without a page there is no file. */
async function writePages(path: string, pages: StoredSession['pages']): Promise<number> {
  let lines = 0;
  let file: FileHandle | undefined;
  try {
    for await (const page of pages) {
      file ??= await createFile(path);
      await file.write(page.map(lineText).join(''));
      lines += page.length;
    }
    await file?.sync();
    return lines;
  } finally {
    await file?.close();
  }
}

/** A file of its owner only, where there was none. */
async function createFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (caught) {
    throw errorCode(caught) === 'EEXIST' ? new UserError(`${path} is there already`) : caught;
  }
}
