/**
 * Writes several files, all or none: first all of them beside their places, then each is given its name. When one cannot
 * be, those before it become again what they were. A thread that is ended in between leaves what it had come to.
 */
import { rename, rm } from 'node:fs/promises';
import { refusing, replaceFile, writeTemporary } from '../workspace/files.js';
import { openPlace, type Opened } from '../workspace/folder.js';
import type { Place } from '../workspace/resolve.js';

export interface FileVersion {
  readonly bytes: Uint8Array;
  readonly mode: number | undefined;
}

export interface FileUpdate {
  readonly place: Place;
  /** Undefined when there was none, or is to be none. */
  readonly before: FileVersion | undefined;
  readonly after: FileVersion | undefined;
}

interface Prepared extends FileUpdate {
  readonly opened: Opened;
  /** Name of the new version until it has its own. */
  readonly temporary: string | undefined;
}

/** @throws ToolInputError when one of them cannot be written */
export async function commitFiles(updates: readonly FileUpdate[]): Promise<void> {
  const prepared: Prepared[] = [];
  const done: Prepared[] = [];
  try {
    for (const update of updates) prepared.push(await refusing(update.place, () => prepare(update)));
    for (const file of prepared) {
      await refusing(file.place, () => put(file));
      done.push(file);
    }
  } catch (caught) {
    const undone = await Promise.allSettled(done.map((file) => undo(file)));
    const left = done.filter((_file, n) => undone[n]?.status === 'rejected').map(({ place }) => place.shown);
    if (left.length > 0) throw new Error(`cannot be undone: ${left.join(', ')}`, { cause: caught });
    throw caught;
  } finally {
    for (const file of prepared) await release(file);
  }
}

async function prepare(update: FileUpdate): Promise<Prepared> {
  const { place, after } = update;
  const opened = await openPlace(place, after !== undefined);
  try {
    const temporary = after && (await writeTemporary(opened.folder, after.bytes, after.mode));
    return { ...update, opened, temporary };
  } catch (caught) {
    await opened.folder.close();
    throw caught;
  }
}

async function put({ opened: { folder, name }, temporary }: Prepared): Promise<void> {
  if (temporary === undefined) await rm(folder.at(name));
  else await rename(folder.at(temporary), folder.at(name));
}

async function undo({ opened, before }: Prepared): Promise<void> {
  if (before) await replaceFile(opened, before.bytes, before.mode);
  else await rm(opened.folder.at(opened.name));
}

async function release({ opened: { folder }, temporary }: Prepared): Promise<void> {
  if (temporary !== undefined) await rm(folder.at(temporary), { force: true });
  await folder.close();
}
