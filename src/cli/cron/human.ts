/** Cron jobs and their runs for people: a block of lines each, ids whole so that they can be copied (cli.md §14). */
import { formatAge } from '../output/age.js';
import { plainText } from '../output/plain-text.js';
import type { Style } from '../output/style.js';
import { numberOf, recordOf, recordsOf, textOf, type Facts } from '../record.js';

/**
 * @param now milliseconds since the epoch
 * @param all those that are disabled are among them
 */
export function jobLines(answer: unknown, style: Style, now: number, all: boolean): string[] {
  const { jobs, total } = recordOf(answer);
  const rows = recordsOf(jobs);
  if (rows.length === 0)
    return [all ? 'No cron jobs.' : 'No cron jobs; --all shows those that are disabled.'];
  const rest = (numberOf(total) ?? 0) - rows.length;
  return [
    ...rows.flatMap((job, n) => [...(n === 0 ? [] : ['']), ...blockOf(job, style, now)]),
    ...(rest > 0 ? ['', style.dim(`… and ${rest} more: --limit`)] : []),
  ];
}

export function statusLines(answer: unknown, now: number): string[] {
  const { enabled, jobs, nextWakeAtMs, storePath } = recordOf(answer);
  return [
    `Cron: ${enabled === true ? 'on' : 'off; jobs do not run by themselves'}`,
    `Jobs: ${numberOf(jobs) ?? 0}`,
    `Next: ${momentText(nextWakeAtMs, now)}`,
    ...(textOf(storePath) === undefined ? [] : [`Store: ${textOf(storePath)}`]),
  ];
}

export function runLines(answer: unknown, style: Style, now: number): string[] {
  const rows = recordsOf(recordOf(answer).entries);
  if (rows.length === 0) return ['No runs.'];
  return rows.flatMap((run) => {
    const { ts, jobId, jobName, status, durationMs, error, summary, sessionKey } = run;
    const took = numberOf(durationMs) === undefined ? '' : `, took ${formatAge(numberOf(durationMs) ?? 0)}`;
    return [
      `${momentText(ts, now)}  ${statusText(status, style)}${took}  ${jobText(jobName, jobId)}`,
      ...detail('Error', error),
      ...detail('Said', summary),
      ...detail('Session', sessionKey),
    ];
  });
}

/** `Night report (b1c2…)` */
export function jobLabel(answer: unknown): string {
  const { id, name } = recordOf(answer);
  return jobText(name, id);
}

/** The id alone where no name is told. */
function jobText(name: unknown, id: unknown): string {
  return textOf(name) === undefined ? shown(id) : `${shown(name)} (${shown(id)})`;
}

function blockOf(job: Facts, style: Style, now: number): string[] {
  const { id, name, enabled, schedule, sessionTarget, agentId, state, description } = job;
  const { nextRunAtMs, runningAtMs, lastRunAtMs, lastStatus, lastError } = recordOf(state);
  const last =
    lastRunAtMs === undefined ? 'never' : `${momentText(lastRunAtMs, now)}, ${statusText(lastStatus, style)}`;
  const next = runningAtMs === undefined ? momentText(nextRunAtMs, now) : 'running';
  return [
    `${style.bold(shown(name))}${enabled === false ? style.warn(' (disabled)') : ''}`,
    `  Id: ${shown(id)}`,
    ...detail('About', description),
    `  Schedule: ${scheduleText(recordOf(schedule))}`,
    `  Session: ${shown(sessionTarget)}${textOf(agentId) === undefined ? '' : ` of ${shown(agentId)}`}`,
    `  Next: ${next}`,
    `  Last: ${last}`,
    ...detail('Error', lastError),
  ];
}

function scheduleText({ kind, at, everyMs, expr, tz }: Facts): string {
  if (kind === 'at') return `at ${shown(at)}`;
  if (kind === 'every') return `every ${intervalText(numberOf(everyMs) ?? 0)}`;
  return `${shown(expr)}${textOf(tz) === undefined ? '' : ` (${shown(tz)})`}`;
}

const wholeUnits = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** `90s`, not `1m`: in the largest unit that says it whole. */
function intervalText(ms: number): string {
  const [name, unit] = wholeUnits.find(([, one]) => ms >= one && ms % one === 0) ?? ['ms', 1];
  return `${ms / unit}${name}`;
}

/** `2026-01-01 08:00:00Z (in 3h)` */
function momentText(value: unknown, now: number): string {
  const at = numberOf(value);
  if (at === undefined || !Number.isFinite(new Date(at).getTime())) return '-';
  const far = at > now ? `in ${formatAge(at - now)}` : `${formatAge(now - at)} ago`;
  return `${new Date(at)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')} (${far})`;
}

function statusText(value: unknown, style: Style): string {
  const status = shown(value);
  return status === 'ok' ? style.good(status) : status === 'error' ? style.bad(status) : status;
}

function detail(label: string, value: unknown): string[] {
  const text = textOf(value);
  return text === undefined ? [] : [`  ${label}: ${plainText(text)}`];
}

function shown(value: unknown): string {
  return plainText(textOf(value) ?? '') || '-';
}
