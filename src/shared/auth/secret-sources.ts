/** Where secrets come from, told the same way to the gateway and to its command line (config.md §9.3, §14). */
import { readFileSync } from 'node:fs';
import { errorCode } from '../to-error.js';

/** Trimmed; undefined for nothing, and for the two words that scripts write when they meant nothing. */
export function usableSecret(value: string | null | undefined): string | undefined {
  const text = value?.trim();
  return text === undefined || ['', 'undefined', 'null'].includes(text) ? undefined : text;
}

/** The token that a gateway generated for itself; undefined when there is none. @throws when it cannot be read */
export function readTokenFile(path: string): string | undefined {
  try {
    return usableSecret(readFileSync(path, 'utf8'));
  } catch (caught) {
    if (errorCode(caught) === 'ENOENT') return undefined;
    throw caught;
  }
}
