/** What of a config nobody is shown (config.md §13). */
import { isRecord } from '../../is-record.js';
import type { ConfigPath } from '../path.js';

/** Stands for a secret; written back it means "as it was" (methods.md §6). */
export const REDACTED = '__PLLAN_REDACTED__';

const sensitiveName = /token$|password|secret|api.?key|keyRef|privateKey|serviceAccount|signingSecret/i;

/** Maps whose names are the user's own, and any of which may be a credential; `*` is one key. */
const sensitiveMaps = [
  ['models', 'providers', '*', 'headers'],
  ['models', 'providers', '*', 'request', 'headers'],
  ['mcp', 'servers', '*', 'env'],
  ['mcp', 'servers', '*', 'headers'],
] as const;

export function isSensitive(path: ConfigPath): boolean {
  const names = path.filter((part) => typeof part === 'string');
  if (names[0] === 'secrets') return false; // says where secrets are, and holds none
  const last = names.at(-1);
  if (last !== undefined && sensitiveName.test(last)) return true;
  return sensitiveMaps.some(
    (shape) =>
      names.length > shape.length && shape.every((part, index) => part === '*' || part === names[index]),
  );
}

/** Where a secret is, which is none itself (secrets.md §2). */
export function isSecretRef(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { source, id, provider, ...rest } = value;
  const aliased = provider === undefined || typeof provider === 'string';
  return typeof source === 'string' && typeof id === 'string' && aliased && Object.keys(rest).length === 0;
}

/** The value as it may be shown: itself, or what stands for it. */
export function shownScalar(value: unknown, sensitive: boolean): unknown {
  if (typeof value !== 'string') return sensitive && typeof value === 'number' ? REDACTED : value;
  if (!sensitive) return withoutUrlPasswords(value);
  return value === '' || /^\$(?:\{[A-Z_][A-Z0-9_]*\}|[A-Z][A-Z0-9_]*)$/.test(value) ? value : REDACTED;
}

/** Of each `redis://user:password@host`. */
export function withoutUrlPasswords(text: string): string {
  const userInfo = /(\b[a-z][a-z\d+.-]{0,20}:\/\/[^\s/?#@:]{0,256}:)([^\s/?#"']+)(@)/gi;
  return text.replaceAll(userInfo, (whole, before: string, password: string, at: string) =>
    /^\$\{[A-Z_][A-Z0-9_]*\}$/.test(password) ? whole : before + REDACTED + at,
  );
}
