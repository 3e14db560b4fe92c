/** Request headers of ours, which have two spellings (http.md §3). */
import type { Exchange } from './exchange.js';

/** The first of these headers that says something. */
export function headerOf({ request }: Exchange, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = request.headers[name];
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
  }
  return undefined;
}
