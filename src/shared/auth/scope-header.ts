/** `x-pllan-scopes`, in which whoever needs no secret says how little it wants to be allowed (http.md §3). */
import type { DirectRequest } from './address.js';

/** All that there is where the header is absent, nothing where it is empty. */
export function grantedScopes(headers: DirectRequest['headers']): ReadonlySet<string> | 'all' {
  const header = headers['x-pllan-scopes'] ?? headers['x-openclaw-scopes'];
  if (header === undefined) return 'all';
  const names = String(header)
    .split(',')
    .map((name) => name.trim());
  return new Set(names.filter((name) => name !== ''));
}
