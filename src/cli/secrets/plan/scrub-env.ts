/** Takes values out of a `.env` file that are kept elsewhere from now on (secrets.md §8.2). */
import { parseEnv } from 'node:util';
import { namesCredential } from '../finding.js';

export interface EnvScrub {
  /** In plain text until now. */
  readonly values: ReadonlySet<string>;
  /** Variables that something still asks for. */
  readonly kept: ReadonlySet<string>;
}

const assignment = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(["'`]?)/;

/** Without the lines that give a credential one of these values; everything else stays to the letter. */
export function scrubEnv(text: string, { values, kept }: EnvScrub): string {
  const lines = text.split(/(?<=\n)/);
  const rest: string[] = [];
  for (let at = 0; at < lines.length;) {
    const end = endOf(lines, at);
    const whole = lines.slice(at, end).join('');
    const [, name = ''] = assignment.exec(whole) ?? [];
    const isMeant = namesCredential(name) && !kept.has(name);
    if (!isMeant || !values.has(parseEnv(whole)[name] ?? '')) rest.push(whole);
    at = end;
  }
  return rest.join('');
}

/** Behind the line, or behind the last of the lines that a quoted value goes over. */
function endOf(lines: readonly string[], at: number): number {
  const first = lines[at] ?? '';
  const [opening = '', , quote = ''] = assignment.exec(first) ?? [];
  if (quote === '' || first.slice(opening.length).includes(quote)) return at + 1;
  const closing = lines.findIndex((line, index) => index > at && line.includes(quote));
  return closing < 0 ? at + 1 : closing + 1;
}
