/**
 * Exact values that must not be shown, found in one pass over a text: the work grows with the text, not with how many
 * secrets there are.
 */
import { secretLimits } from '../secrets/limits.js';

export interface ExactSecrets {
  /** The longest one's length; 0 when there is none. */
  readonly longest: number;
  replace(text: string, mask: (secret: string) => string): string;
}

/** Short ones are left out, they would hit ordinary words. */
const START_CHARS = secretLimits.hiddenChars;

export function createExactSecrets(values: Iterable<string>): ExactSecrets {
  const byStart = new Map<string, string[]>();
  const firstChars = new Set<number>();
  let longest = 0;
  for (const value of new Set(values)) {
    if (value.length < START_CHARS) continue;
    longest = Math.max(longest, value.length);
    firstChars.add(value.charCodeAt(0));
    const start = value.slice(0, START_CHARS);
    byStart.set(start, [...(byStart.get(start) ?? []), value]);
  }
  // One that holds another must be found before it: the longest first.
  for (const same of byStart.values()) same.sort((a, b) => b.length - a.length);

  const secretAt = (text: string, at: number): string | undefined => {
    if (!firstChars.has(text.charCodeAt(at))) return undefined;
    return byStart.get(text.slice(at, at + START_CHARS))?.find((secret) => text.startsWith(secret, at));
  };
  return {
    longest,
    replace(text, mask) {
      if (longest === 0) return text;
      const parts: string[] = [];
      let kept = 0;
      let at = 0;
      while (at <= text.length - START_CHARS) {
        const secret = secretAt(text, at);
        if (secret === undefined) {
          at += 1;
          continue;
        }
        parts.push(text.slice(kept, at), mask(secret));
        at += secret.length;
        kept = at;
      }
      return kept === 0 ? text : parts.join('') + text.slice(kept);
    },
  };
}
