/** Makes directories of the gateway's own, open to their owner only. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and what is missing above it, each with mode 0700; one that is there stays as it is.
 * One level at a time: Node's own `recursive` never returns where nothing can be made (`/proc`).
 *
 * @throws what the file system says
 */
export function makeDir(path: string): void {
  if (isDir(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDir(parent);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (caught) {
    if (!isDir(path)) throw caught; // else another process was faster
  }
}

function isDir(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
