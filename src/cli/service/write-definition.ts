/** Puts a definition in its place; the one that was there is kept beside it. */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { toError } from '../../shared/to-error.js';
import { UserError } from '../user-error.js';

/** The manager has to read it, so it is not private: there is no secret in it. @throws UserError */
export function writeDefinition(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (existsSync(path)) copyFileSync(path, `${path}.bak`);
    writeFileSync(temporary, text, { mode: 0o644 });
    renameSync(temporary, path);
  } catch (caught) {
    rmSync(temporary, { force: true });
    throw new UserError(`The service definition cannot be written: ${toError(caught).message}`);
  }
}

/** @throws UserError */
export function removeDefinition(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (caught) {
    throw new UserError(`The service definition cannot be removed: ${toError(caught).message}`);
  }
}
