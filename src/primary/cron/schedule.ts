/**
 * When a job is due (methods.md §9). A time of day that a change of the clocks skips is due at the first moment after the
 * gap, one that comes twice the first time; what is due every hour, minute or second goes by the hours that pass.
 */
import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import { cronLimits } from '../../shared/cron-limits.js';
import type { CronJob, CronSchedule } from '../../shared/store/cron-records.js';
import { isTimeZone } from '../../shared/time-zone.js';
import { toError } from '../../shared/to-error.js';

/** What of a job its times depend on. */
export type Scheduled = Pick<CronJob, 'id' | 'createdAtMs' | 'schedule'>;

/** The first time after `after`; undefined when there is none. @param after milliseconds since the epoch */
export function nextTime({ id, createdAtMs, schedule }: Scheduled, after: number): number | undefined {
  switch (schedule.kind) {
    case 'at': {
      const at = atTime(schedule.at);
      return at !== undefined && at > after ? at : undefined;
    }
    case 'every': {
      const anchorMs = schedule.anchorMs ?? createdAtMs;
      const everyMs = Math.max(schedule.everyMs, cronLimits.leastGapMs);
      if (schedule.anchorMs !== undefined && after < anchorMs) return anchorMs;
      return anchorMs + (Math.floor((after - anchorMs) / everyMs) + 1) * everyMs;
    }
    case 'cron': {
      const late = lateness(id, schedule.staggerMs ?? 0);
      const next = compile(schedule)
        .nextRun(new Date(after - late))
        ?.getTime();
      return next === undefined ? undefined : next + late;
    }
  }
}

/**
 * When a job is due that was made, changed or enabled at `now`: an `at` that is over is due at once, unless the job has
 * succeeded since.
 */
export function firstTime(job: Scheduled & Pick<CronJob, 'state'>, now: number): number | undefined {
  const { schedule, state } = job;
  if (schedule.kind !== 'at') return nextTime(job, now);
  const at = atTime(schedule.at);
  const isDone = state.lastRunStatus === 'ok' && at !== undefined && (state.lastRunAtMs ?? 0) >= at;
  return isDone ? undefined : at;
}

/** `Date.parse` takes more than ISO 8601, each of it in its own way. */
const isoTime = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/i;

/** Milliseconds since the epoch; undefined for what is no time. */
export function atTime(written: string): number | undefined {
  const text = written.trim();
  const match = isoTime.exec(text);
  if (!match) return undefined;
  // Without a zone a date alone is UTC, and a time of day would be local.
  const at = Date.parse(match[1] === undefined && text.length > 'YYYY-MM-DD'.length ? `${text}Z` : text);
  return Number.isFinite(at) ? at : undefined;
}

/** What is wrong with a schedule, for whoever wrote it; undefined for nothing. */
export function scheduleProblem(schedule: CronSchedule, now: number): string | undefined {
  if (schedule.kind === 'at')
    return atTime(schedule.at) === undefined ? 'schedule.at must be an ISO 8601 time' : undefined;
  if (schedule.kind === 'every') return undefined;
  const { expr, tz } = schedule;
  if (tz !== undefined && !isTimeZone(tz)) return `schedule.tz "${tz}" is no time zone`;
  if (expr.trim().startsWith('@')) return 'schedule.expr must have 5 or 6 fields';
  try {
    if (compile(schedule).nextRun(new Date(now)) === null) return 'schedule.expr is never due';
    return undefined;
  } catch (caught) {
    return `schedule.expr is not valid: ${toError(caught).message.replace(/^CronPattern: /, '')}`;
  }
}

/** In the zone of the gateway's machine where none is named. */
function compile({ expr, tz }: Extract<CronSchedule, { kind: 'cron' }>): Cron {
  return new Cron(expr, {
    mode: '5-or-6-parts',
    fixedTimeRule: 'no-wildcard',
    paused: true,
    ...(tz === undefined ? {} : { timezone: tz }),
  });
}

/** How much later than its expression says a job is due: always the same for a job, and spread over all of them. */
function lateness(id: string, staggerMs: number): number {
  if (staggerMs === 0) return 0;
  return createHash('sha256').update(id).digest().readUIntBE(0, 6) % staggerMs;
}
