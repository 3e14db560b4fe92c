/**
 * Turns results into the table on the terminal and the JSON report: figures, ratio to the baseline, budget, verdict.
 */
import { cpus, totalmem } from 'node:os';
import { budgetOf, judge, ratioOf, type Verdict } from './budgets.js';
import type { Figure, ScenarioResult, Skipped } from './figures.js';

export interface ReportLine extends Figure {
  readonly scenario: string;
  readonly ratio: number | undefined;
  readonly budget: string;
  readonly verdict: Verdict;
}

export interface Report {
  readonly startedAt: string;
  readonly quick: boolean;
  readonly machine: {
    readonly cores: number;
    readonly cpu: string;
    readonly memoryMb: number;
    readonly node: string;
  };
  readonly lines: readonly ReportLine[];
  readonly skipped: readonly Skipped[];
  readonly failures: readonly string[];
  readonly details: Readonly<Record<string, unknown>>;
}

export function buildReport(results: readonly ScenarioResult[], startedAt: Date, quick: boolean): Report {
  return {
    startedAt: startedAt.toISOString(),
    quick,
    machine: {
      cores: cpus().length,
      cpu: cpus()[0]?.model ?? 'unknown',
      memoryMb: Math.round(totalmem() / 1_048_576),
      node: process.version,
    },
    lines: results.flatMap((result) => result.figures.map((figure) => toLine(result, figure))),
    skipped: results.flatMap((result) => result.skipped),
    failures: results.flatMap((result) => result.failures.map((failure) => `${result.scenario}: ${failure}`)),
    details: Object.fromEntries(results.map((result) => [result.scenario, result.details])),
  };
}

function toLine(result: ScenarioResult, figure: Figure): ReportLine {
  return {
    ...figure,
    scenario: result.scenario,
    ratio: ratioOf(figure),
    budget: budgetText(figure),
    verdict: judge(figure, result.failures.length),
  };
}

function budgetText(figure: Figure): string {
  const budget = budgetOf(figure);
  if (budget === undefined) return '';
  switch (budget.kind) {
    case 'ratio-at-least':
      return `ratio >= ${budget.limit.toFixed(1)}`;
    case 'ratio-at-most':
      return `ratio <= ${budget.limit.toFixed(1)}`;
    case 'value-at-least':
      return `>= ${budget.limit} ${figure.unit}`;
    case 'value-at-most':
      return `<= ${budget.limit} ${figure.unit}`;
    default:
      return budget.kind satisfies never;
  }
}

const header = ['scenario', 'figure', 'gateway', 'baseline', 'ratio', 'budget', ''];
const rightAligned = new Set([2, 3, 4]);

export function formatReport(report: Report): string {
  const { machine } = report;
  const rows = [header, ...report.lines.map(toRow)];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return rightAligned.has(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return [
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryMb} MB, Node ${machine.node}`,
    ...(report.quick ? ['Quick run: the figures show that everything works, not how fast it is.'] : []),
    '',
    ...table,
    '',
    ...report.failures.map((failure) => `failed   ${failure}`),
    ...report.skipped.map((one) => `skipped  ${one.id} (${one.label}): ${one.reason}`),
  ].join('\n');
}

function toRow(line: ReportLine): readonly string[] {
  return [
    line.scenario,
    line.label,
    `${formatNumber(line.gateway)} ${line.unit}`,
    line.baseline === undefined ? '' : `${formatNumber(line.baseline)} ${line.unit}`,
    line.ratio === undefined ? '' : line.ratio.toFixed(2),
    line.budget,
    line.verdict === 'info' ? '' : line.verdict,
  ];
}

function formatNumber(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
