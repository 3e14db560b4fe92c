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
  ['secrets', 'providers', '*', 'env'],
] as const;

/** A credential by its place, whose name says nothing. */
const sensitivePlace = ['auth', 'profiles', '*', 'key'] as const;

export function isSensitive(path: ConfigPath): boolean {
  const names = path.filter((part) => typeof part === 'string');
  const begins = (shape: readonly string[]): boolean =>
    shape.every((part, index) => part === '*' || part === names[index]);
  if (sensitiveMaps.some((shape) => names.length > shape.length && begins(shape))) return true;
  if (names[0] === 'secrets') return false; // the rest says where secrets are, and holds none
  if (names.length === sensitivePlace.length && begins(sensitivePlace)) return true;
  return isSensitiveName(names.at(-1) ?? '');
}

/** Of a key or a variable. */
export function isSensitiveName(name: string): boolean {
  return sensitiveName.test(name);
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
  if (!sensitive) return withoutUrlSecrets(value);
  return value === '' || /^\$(?:\{[A-Z_][A-Z0-9_]*\}|[A-Z][A-Z0-9_]*)$/.test(value) ? value : REDACTED;
}

const userInfo = /(\b[a-z][a-z\d+.-]{0,20}:\/\/[^\s/?#@:]{0,256}:)([^\s/?#"']+)(?=@)/gi;
const queryValue =
  /([?&](?:[\w.-]{0,64}(?:token|secret|password|api[_-]?key)|(?:access[_-]?)?key|sig|signature)=)(?!\$\{|\{\{)([^\s&#"']+)/gi;

/** Without the password of each `redis://user:password@host`, and values such as that of `?api_key=value`. */
export function withoutUrlSecrets(text: string): string {
  return [userInfo, queryValue].reduce(
    (shown, pattern) =>
      shown.replaceAll(pattern, (whole, before: string, secret: string) =>
        /^\$\{[A-Z_][A-Z0-9_]*\}$/.test(secret) ? whole : before + REDACTED,
      ),
    text,
  );
}

/** What that takes out, as it is written and decoded. */
export function urlSecrets(text: string): string[] {
  const found = [userInfo, queryValue].flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([, , secret = '']) => secret),
  );
  return found.flatMap((secret) => [secret, decoded(secret)]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
