/** Why the file system takes nothing, in words for whoever can change that. */
import { getSystemErrorName } from 'node:util';
import { errorCode, toError } from './to-error.js';

const reasons: Readonly<Record<string, string>> = {
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk reports an error',
};

/** Such as "the disk is full (ENOSPC)"; what else went wrong stays as it was said. */
export function describeRefusedWrite(caught: unknown): string {
  const code = codeOf(caught);
  const reason = code === undefined ? undefined : reasons[code];
  return reason === undefined ? toError(caught).message : `${reason} (${code})`;
}

/** Whether it is the file system that refused, and not something about the file. */
export function isRefusedWrite(caught: unknown): boolean {
  const code = codeOf(caught);
  return code !== undefined && code in reasons;
}

/** lmdb gives the system's number. */
function codeOf(caught: unknown): string | undefined {
  const { code } = toError(caught) as { readonly code?: unknown };
  if (typeof code === 'number' && code > 0 && code < LEAST_OF_LMDB) return getSystemErrorName(-code);
  return errorCode(caught);
}

/** Numbers from here on, and those below zero, are no errors of the system. */
const LEAST_OF_LMDB = 200;

/** A file of ours was not written, and is as it was. */
export class RefusedWrite extends Error {
  /** The system's. */
  readonly code: string | undefined;
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(refusedWriteText(path, cause), { cause });
    this.name = 'RefusedWrite';
    this.code = codeOf(cause);
    this.path = path;
  }

  /** The same for whoever may not know where it is. */
  textWith(shownPath: string): string {
    return refusedWriteText(shownPath, this.cause);
  }
}

function refusedWriteText(path: string, cause: unknown): string {
  return `cannot write ${path}: ${describeRefusedWrite(cause)}; make its folder writable or make room there, and try again`;
}
