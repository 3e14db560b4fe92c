/**
 * Permissions of what doctor looked at. Somebody may have had to think about it meanwhile, another repair may have changed
 * them, and what stands there now may be a link that its owner made for root to follow.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  statSync,
  type Stats,
} from 'node:fs';
import { errorCode } from '../../shared/to-error.js';

/** @throws Error when something else has taken its place, or the file system's */
export function changeMode(path: string, seen: Stats, change: (mode: number) => number): void {
  const modeOf = (now: Stats): number => {
    if (now.dev !== seen.dev || now.ino !== seen.ino || now.uid !== seen.uid)
      throw new Error(`${path} has been replaced meanwhile; look again`);
    return change(now.mode & 0o7777);
  };
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (caught) {
    if (errorCode(caught) !== 'EACCES') throw caught;
    // Not root, then: what it may change is its own.
    chmodSync(path, modeOf(statSync(path)));
    return;
  }
  try {
    fchmodSync(file, modeOf(fstatSync(file)));
  } finally {
    closeSync(file);
  }
}
