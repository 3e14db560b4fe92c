/** From a path of a URL to a file below a folder, and to none outside of it (http.md §13, «Static»). */
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { errorCode } from '../../../shared/to-error.js';

export interface FoundFile {
  readonly handle: FileHandle;
  readonly size: number;
  readonly mtimeMs: number;
  /** Lower case, with its dot. */
  readonly extension: string;
}

/** The path's parts below the folder, decoded; undefined where it names nothing that is served. */
export function partsOf(path: string): readonly string[] | undefined {
  const parts: string[] = [];
  for (const encoded of path.split('/').filter((_, place, all) => !isEdge(place, all))) {
    let part: string;
    try {
      part = decodeURIComponent(encoded);
    } catch {
      return undefined; // no text that could name a file
    }
    // Hidden files, the way out, and what one system or another takes for a separator.
    if (part === '' || part.startsWith('.') || /[/\\:\0]/.test(part)) return undefined;
    parts.push(part);
  }
  return parts;
}

/** The empty ones before the first slash and after the last. */
function isEdge(place: number, all: readonly string[]): boolean {
  return all[place] === '' && (place === 0 || place === all.length - 1);
}

/** Undefined when there is no such file. The caller closes what it gets. @throws the file system's other errors */
export async function openFile(root: string, parts: readonly string[]): Promise<FoundFile | undefined> {
  let handle: FileHandle | undefined;
  try {
    const folder = await realpath(root);
    const path = await realpath(join(folder, ...parts));
    if (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) return undefined;
    handle = await open(path, 'r');
    const stat = await handle.stat();
    if (stat.isFile()) {
      const { size, mtimeMs } = stat;
      return { handle, size, mtimeMs, extension: extname(path).toLowerCase() };
    }
    await handle.close();
    return undefined;
  } catch (caught) {
    await handle?.close();
    if (absent.has(errorCode(caught) ?? '')) return undefined;
    throw caught;
  }
}

const absent = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'EISDIR', 'ELOOP', 'EACCES']);
