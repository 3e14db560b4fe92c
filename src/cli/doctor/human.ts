/** What doctor says to people: a box for each section with findings (cli.md §12). */
import { plainText } from '../output/plain-text.js';
import type { Output } from '../output/output.js';
import type { Style } from '../output/style.js';
import type { Diagnosis } from './run-doctor.js';

const WIDTH = 78;

export function diagnosisLines(
  diagnoses: readonly Diagnosis[],
  { style, advice }: Pick<Output, 'style' | 'advice'>,
): readonly string[] {
  const sections = [...new Set(diagnoses.map(({ section }) => section))];
  return sections.flatMap((section) => [
    ...box(
      section,
      diagnoses
        .filter((diagnosis) => diagnosis.section === section)
        .flatMap(linesOf)
        .map(advice),
      style,
    ),
    '',
  ]);
}

/** What is left to do, in a line. */
export function summaryLine(diagnoses: readonly Diagnosis[]): string {
  const count = (wanted: Diagnosis['repair']): number =>
    diagnoses.filter(({ repair }) => repair === wanted).length;
  const open = diagnoses.length - count('done');
  if (diagnoses.length === 0) return 'Nothing to complain of.';
  const parts = [
    ...(count('done') > 0 ? [`${count('done')} repaired`] : []),
    ...(count('failed') > 0 ? [`${count('failed')} could not be repaired`] : []),
    ...(open > 0 ? [`${open} left`] : []),
  ];
  return `${parts.join(', ')}.${count('offered') > 0 ? ' To have them repaired: pllan doctor --fix' : ''}`;
}

const marks = { error: '✗', warn: '!' } as const;

function linesOf({ level, message, advice, repair, outcome }: Diagnosis): readonly string[] {
  const mark = repair === 'done' ? '✓' : marks[level];
  const said = {
    none: undefined,
    offered: outcome,
    done: outcome,
    failed: outcome === undefined ? undefined : `Not repaired: ${outcome}`,
  }[repair];
  return [
    `${mark} ${message}`,
    ...[said, repair === 'done' ? undefined : advice].flatMap((line) =>
      line === undefined ? [] : [`  → ${line}`],
    ),
  ];
}

function box(title: string, lines: readonly string[], style: Style): readonly string[] {
  const rule = '─'.repeat(Math.max(0, WIDTH - title.length - 4));
  const body = lines.flatMap((line) => wrapped((/^ */.exec(line)?.[0] ?? '') + plainText(line)));
  return [`┌ ${style.bold(title)} ${rule}`, ...body.map((line) => `│ ${line}`), `└${'─'.repeat(WIDTH - 1)}`];
}

/** Broken between words; what follows is set in under the text. */
function wrapped(line: string): readonly string[] {
  const indent = /^\s*(?:\S )?/.exec(line)?.[0].length ?? 0;
  const lines: string[] = [];
  let rest = line;
  while (rest.length > WIDTH - 2) {
    const at = rest.lastIndexOf(' ', WIDTH - 2);
    if (at <= indent) break;
    lines.push(rest.slice(0, at));
    rest = ' '.repeat(indent) + rest.slice(at + 1);
  }
  return [...lines, rest];
}
