/**
 * Exact values that must not be shown, found in one pass over a text: the work grows with the text, not with how many
 * secrets there are.
 */
import { secretLimits } from '../secrets/limits.js';
import { encodedForms, plainForms } from './secret-forms.js';

export interface ExactSecrets {
  /** The longest form's length; 0 when there is none. */
  readonly longest: number;
  replace(text: string, mask: (secret: string) => string): string;
}

/** Short ones are left out, they would hit ordinary words. */
const START_CHARS = secretLimits.hiddenChars;
/** Of the first three characters: what no secret begins with is passed over without a look at the rest. */
const KINDS = 65_536;

export function createExactSecrets(values: Iterable<string>): ExactSecrets {
  const byStart = new Map<string, string[]>();
  const begins = new Uint8Array(KINDS);
  let longest = 0;
  const add = (form: string): void => {
    if (form.length < START_CHARS) return;
    longest = Math.max(longest, form.length);
    begins[kindOf(form, 0)] = 1;
    const start = form.slice(0, START_CHARS);
    const same = byStart.get(start);
    if (same) same.push(form);
    else byStart.set(start, [form]);
  };
  const known = [...new Set(values)].filter(({ length }) => length >= START_CHARS);
  const encoded = known.slice(0, secretLimits.encodedValues).flatMap(encodedForms);
  for (const form of new Set([...known.flatMap(plainForms), ...encoded])) add(form);
  // One that holds another must be found before it: the longest first.
  for (const same of byStart.values()) same.sort((a, b) => b.length - a.length);

  /** How much of the text from here on is a secret, whole or cut off. */
  const secretAt = (text: string, at: number): number => {
    const same = byStart.get(text.slice(at, at + START_CHARS));
    if (!same) return 0;
    const whole = same.find((secret) => text.startsWith(secret, at));
    return whole?.length ?? cutAt(text, at, same);
  };
  return {
    longest,
    replace(text, mask) {
      if (longest === 0) return text;
      const parts: string[] = [];
      let kept = 0;
      let at = 0;
      while (at <= text.length - START_CHARS) {
        const length = begins[kindOf(text, at)] === 0 ? 0 : secretAt(text, at);
        if (length === 0) {
          at += 1;
          continue;
        }
        parts.push(text.slice(kept, at), mask(text.slice(at, at + length)));
        at += length;
        kept = at;
      }
      return kept === 0 ? text : parts.join('') + text.slice(kept);
    },
  };
}

/** Somebody who shortened the text may have cut through a secret: how much of one is left where the text breaks off. */
function cutAt(text: string, at: number, secrets: readonly string[]): number {
  const mark = text.indexOf('…', at);
  const end = mark < 0 ? text.length : mark;
  const rest = end - at;
  const [longest = ''] = secrets;
  if (rest >= longest.length) return 0;
  const left = text.slice(at, end);
  return secrets.some((secret) => secret.startsWith(left)) ? rest : 0;
}

function kindOf(text: string, at: number): number {
  return (text.charCodeAt(at) + text.charCodeAt(at + 1) * 47 + text.charCodeAt(at + 2) * 2_203) & (KINDS - 1);
}
