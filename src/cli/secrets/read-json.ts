/** Files that an audit looks into: read whole, when they are files and of a size that they may have. */
import { readFileSync, statSync } from 'node:fs';
import { auditLimits } from '../limits.js';
import { errorCode } from '../../shared/to-error.js';
import { UserError } from '../user-error.js';

/** Undefined when there is none. @throws UserError when it cannot be looked into */
export function readScanned(path: string): string | undefined {
  try {
    const facts = statSync(path);
    if (!facts.isFile()) throw new UserError(`${path} is not a regular file`);
    if (facts.size > auditLimits.fileBytes)
      throw new UserError(`${path} has more than ${auditLimits.fileBytes} bytes`);
    return readFileSync(path, 'utf8');
  } catch (caught) {
    if (caught instanceof UserError) throw caught;
    if (errorCode(caught) === 'ENOENT' || errorCode(caught) === 'ENOTDIR') return undefined;
    throw new UserError(`${path} cannot be read (${errorCode(caught) ?? 'unknown error'})`);
  }
}

/** @throws UserError also when it is no JSON, without a piece of it */
export function readScannedJson(path: string): unknown {
  const text = readScanned(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new UserError(`${path} is not valid JSON`);
  }
}
