/**
 * Puts hunks into a text, one below the other. Lines are found as they are; failing that, whatever white space stands at
 * their ends; failing that, also before them. What is context stays as the file has it.
 */
import { ToolInputError } from '../tool.js';
import type { Hunk, HunkLine } from './parse.js';

/** @throws ToolInputError when one of them does not fit; `file` is its name in the message */
export function applyHunks(text: string, hunks: readonly Hunk[], file: string): string {
  const end = text.includes('\r\n') ? '\r' : '';
  const closed = text === '' || text.endsWith('\n');
  const old = text === '' ? [] : text.slice(0, closed ? -1 : undefined).split('\n');
  const made: string[] = [];
  let at = 0;
  for (const [n, hunk] of hunks.entries()) {
    const { from, lines } = placeOf(old, hunk, at, `hunk ${n + 1} of ${file}`);
    made.push(...old.slice(at, from));
    at = from;
    for (const { kind, text: line } of lines) {
      if (kind === '+') made.push(line + end);
      else if (kind === ' ') made.push(old[at++] as string);
      else at += 1;
    }
  }
  made.push(...old.slice(at));
  return made.length === 0 ? '' : made.join('\n') + (closed ? '\n' : '');
}

interface Found {
  /** Index of its first line. */
  readonly from: number;
  readonly lines: readonly HunkLine[];
}

function placeOf(old: readonly string[], hunk: Hunk, from: number, name: string): Found {
  let start = from;
  for (const anchor of hunk.anchors) {
    const found = find(old, [anchor], start, false);
    if (found < 0) throw new ToolInputError(`${name}: no line '${anchor}' below the hunk before`);
    start = found + 1;
  }
  for (const lines of [hunk.lines, withoutLastBlank(hunk.lines)]) {
    const wanted = lines.flatMap(({ kind, text }) => (kind === '+' ? [] : [text]));
    // What is only added stands below its anchor, or at the end.
    if (wanted.length === 0) return { from: hunk.anchors.length > 0 ? start : old.length, lines };
    const found = find(old, wanted, start, hunk.atEnd);
    if (found >= 0) return { from: found, lines };
  }
  throw new ToolInputError(`${name}: its lines are not there:\n${shown(hunk.lines)}`);
}

/** Models end a hunk with empty lines that are not in the file. */
function withoutLastBlank(lines: readonly HunkLine[]): readonly HunkLine[] {
  const end = lines.findLastIndex(({ kind, text }) => kind !== ' ' || text.trim() !== '');
  return lines.slice(0, end + 1);
}

const sights: readonly ((line: string) => string)[] = [
  (line) => line.replace(/\r$/, ''),
  (line) => line.trimEnd(),
  (line) => line.trim(),
];

/** @returns -1 when they are not there */
function find(old: readonly string[], wanted: readonly string[], from: number, atEnd: boolean): number {
  const last = old.length - wanted.length;
  for (const sight of sights) {
    const looked = wanted.map(sight);
    const fits = (at: number): boolean => looked.every((line, n) => sight(old[at + n] as string) === line);
    if (atEnd && last >= from && fits(last)) return last;
    for (let at = from; at <= last; at += 1) if (fits(at)) return at;
  }
  return -1;
}

function shown(lines: readonly HunkLine[]): string {
  return lines
    .filter(({ kind }) => kind !== '+')
    .slice(0, 5)
    .map(({ text }) => text.slice(0, 200))
    .join('\n');
}
