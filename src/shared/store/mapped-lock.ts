/**
 * The file in which lmdb notes who reads and who writes is mapped into memory, and every read writes to it. Where it has been
 * made immutable (`chattr +i`) the next note would end the process (SIGBUS): so it is looked at before.
 */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../to-error.js';

/** To be called before the store is used. @throws the file system's error when it must not be */
export type MappedLock = () => void;

/** @param dir of the store */
export function watchMappedLock(dir: string): MappedLock {
  const file = join(dir, 'lock.mdb');
  let isKnown = false;
  let refusal: unknown;
  return () => {
    if (!isKnown) {
      refusal = refusalOf(file);
      // Once in a turn of the event loop: what comes together is read together.
      isKnown = true;
      setImmediate(() => (isKnown = false));
    }
    if (refusal !== undefined) throw refusal;
  };
}

/** Who may not write a file that is mapped already, as by its mode or its mount, writes on all the same. */
function refusalOf(file: string): unknown {
  try {
    accessSync(file, constants.W_OK);
    return undefined;
  } catch (caught) {
    return errorCode(caught) === 'EPERM' ? caught : undefined;
  }
}
