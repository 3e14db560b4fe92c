/** A list of sessions for people (cli.md §14): one line each. What a row does not say is shown as `-`. */
import { formatAge } from '../output/age.js';
import type { Style } from '../output/style.js';
import { isRecord } from '../record.js';

const headings = ['Kind', 'Key', 'Age', 'Model', 'Tokens', 'Flags'];

/** @param now milliseconds since the epoch */
export function sessionLines(list: unknown, style: Style, now: number): string[] {
  const { sessions, totalCount } = isRecord(list) ? list : {};
  const rows = (Array.isArray(sessions) ? sessions : []).filter(isRecord);
  if (rows.length === 0) return ['No sessions.'];
  const cells = rows.map((row) => cellsOf(row, now));
  const widths = headings.map((_, column) =>
    Math.max(...[headings, ...cells].map((line) => (line[column] ?? '').length)),
  );
  const lineOf = (line: readonly string[]): string =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const rest = typeof totalCount === 'number' ? totalCount - rows.length : 0;
  return [
    style.bold(lineOf(headings)),
    ...cells.map(lineOf),
    ...(rest > 0 ? [style.dim(`… and ${rest} more: --limit`)] : []),
  ];
}

/** `1 session`, `2 sessions` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

type Row = Readonly<Record<string, unknown>>;

function cellsOf(row: Row, now: number): string[] {
  const { updatedAt, modelProvider, model, totalTokens } = row;
  return [
    textOf(row.kind),
    textOf(row.key),
    typeof updatedAt === 'number' ? formatAge(now - updatedAt) : '-',
    [modelProvider, model].filter(isText).map(textOf).join('/') || '-',
    typeof totalTokens === 'number' ? String(totalTokens) : '-',
    flagsOf(row).join(' ') || '-',
  ];
}

function flagsOf(row: Row): string[] {
  const set = ['pinned', 'archived'].filter((name) => row[name] === true);
  const levels = ['thinkingLevel', 'verboseLevel'].flatMap((name) => {
    const level = row[name];
    return typeof level === 'string' && level !== 'off'
      ? [`${name.replace('Level', '')}:${textOf(level)}`]
      : [];
  });
  return [
    ...(row.hasActiveRun === true ? ['running'] : []),
    ...(row.abortedLastRun === true ? ['aborted'] : []),
    ...set,
    ...levels,
  ];
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** Names come from clients: nothing in them may steer the terminal. */
function textOf(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value.replaceAll(/\p{Cc}/gu, '?') : '-';
}
