/** Goes through a folder of the workspace, by name, down into the folders in it. Links are named, never followed. */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toolLimits } from '../../../../shared/tools/limits.js';
import { isPassedOver, refusing, TEMPORARY } from './files.js';
import { openPlace, type Folder, type Opened } from './folder.js';
import type { Place } from './resolve.js';

export interface Found {
  /** From where the walk began. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Valid until the next is asked for. */
  readonly opened: Opened;
}

export interface WalkOptions {
  /** Levels of folders. */
  readonly depth: number;
  /** Names of folders that are not gone into. */
  readonly skip?: ReadonlySet<string>;
}

/** @throws ToolInputError when the place is no folder */
export async function* walk(place: Place, options: WalkOptions): AsyncGenerator<Found, undefined> {
  const folder = await refusing(place, async () => {
    const { folder, name } = await openPlace(place, false);
    if (name === '.') return folder;
    try {
      return await folder.enter(name);
    } finally {
      await folder.close();
    }
  });
  const { skip = new Set(), depth } = options;
  yield* walkIn(folder, '', Math.min(depth, toolLimits.depth), skip);
}

async function* walkIn(
  folder: Folder,
  path: string,
  depth: number,
  skip: ReadonlySet<string>,
): AsyncGenerator<Found, undefined> {
  try {
    const entries = await readdir(folder.at('.'), { withFileTypes: true });
    for (const entry of entries.sort(byName)) {
      const { name } = entry;
      if (TEMPORARY.test(name)) continue;
      const found = { path: join(path, name), kind: kindOf(entry), opened: { folder, name } };
      yield found;
      if (found.kind !== 'folder' || depth === 1 || skip.has(name)) continue;
      const inner = await enterIfThere(folder, name);
      if (inner) yield* walkIn(inner, found.path, depth - 1, skip);
    }
  } finally {
    await folder.close();
  }
}

/** Undefined for a folder that may not be read, or has gone meanwhile. */
async function enterIfThere(folder: Folder, name: string): Promise<Folder | undefined> {
  try {
    return await folder.enter(name);
  } catch (caught) {
    if (isPassedOver(caught)) return undefined;
    throw caught;
  }
}

function kindOf(entry: Dirent): Found['kind'] {
  if (entry.isDirectory()) return 'folder';
  if (entry.isFile()) return 'file';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}
