/** When jobs are due: expressions, time zones, changes of the clocks (methods.md §9). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atTime, firstTime, nextTime, scheduleProblem } from '../../../src/primary/cron/schedule.js';
import type { CronSchedule } from '../../../src/shared/store/cron-records.js';

const job = (schedule: CronSchedule, createdAtMs = 0, id = 'job') => ({ id, createdAtMs, schedule });
const at = (text: string): number => Date.parse(text);
const times = (schedule: CronSchedule, from: string, count: number): string[] => {
  const found: string[] = [];
  let after = at(from);
  for (let n = 0; n < count; n += 1) {
    const next = nextTime(job(schedule), after);
    if (next === undefined) break;
    found.push(new Date(next).toISOString().replace(':00.000Z', 'Z'));
    after = next;
  }
  return found;
};

describe('an expression', () => {
  it.each([
    ['*/15 * * * *', 'UTC', '2026-01-01T00:00:00Z', ['2026-01-01T00:15Z', '2026-01-01T00:30Z']],
    ['0 9 * * 1-5', 'Europe/Vienna', '2026-01-02T09:00:00Z', ['2026-01-05T08:00Z', '2026-01-06T08:00Z']],
    ['0 9 * * *', 'Asia/Kolkata', '2026-01-01T00:00:00Z', ['2026-01-01T03:30Z', '2026-01-02T03:30Z']],
    ['0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']],
    ['0 0 31 * *', 'UTC', '2026-01-31T00:00:00Z', ['2026-03-31T00:00Z', '2026-05-31T00:00Z']],
    [
      '30 0 10 * * *',
      'UTC',
      '2026-01-01T00:00:00Z',
      ['2026-01-01T10:00:30.000Z', '2026-01-02T10:00:30.000Z'],
    ],
  ])('%s in %s after %s', (expr, tz, from, expected) => {
    expect(times({ kind: 'cron', expr, tz }, from, 2)).toEqual(expected);
  });

  it('with both kinds of days is due on either', () => {
    expect(times({ kind: 'cron', expr: '0 0 13 * 5', tz: 'UTC' }, '2026-01-08T00:00:00Z', 3)).toEqual([
      '2026-01-09T00:00Z',
      '2026-01-13T00:00Z',
      '2026-01-16T00:00Z',
    ]);
  });

  it.each([
    // The clocks go from 02:00 to 03:00 …
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', ['2026-03-29T01:00Z', '2026-03-30T00:30Z']],
    ['0,30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', ['2026-03-29T01:00Z', '2026-03-30T00:00Z']],
    ['0 * * * *', 'Europe/Berlin', '2026-03-29T00:30:00Z', ['2026-03-29T01:00Z', '2026-03-29T02:00Z']],
    ['30 2 * * *', 'America/New_York', '2026-03-08T00:00:00Z', ['2026-03-08T07:00Z', '2026-03-09T06:30Z']],
    // … and from 03:00 to 02:00.
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', ['2026-10-25T00:30Z', '2026-10-26T01:30Z']],
    ['0 * * * *', 'Europe/Berlin', '2026-10-24T23:30:00Z', ['2026-10-25T00:00Z', '2026-10-25T01:00Z']],
    ['30 1 * * *', 'America/New_York', '2026-11-01T00:00:00Z', ['2026-11-01T05:30Z', '2026-11-02T06:30Z']],
    // By half an hour.
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', ['2026-10-03T15:30Z', '2026-10-04T15:15Z']],
    ['0 12 * * *', 'Asia/Tokyo', '2026-03-29T00:00:00Z', ['2026-03-29T03:00Z', '2026-03-30T03:00Z']],
  ])('%s in %s after %s, when the clocks change', (expr, tz, from, expected) => {
    expect(times({ kind: 'cron', expr, tz }, from, 2)).toEqual(expected);
  });

  it.each([
    ['x', 'is not valid'],
    ['60 * * * *', 'is not valid'],
    ['* * * *', 'is not valid'],
    ['* * * * * * *', 'is not valid'],
    ['@daily', 'must have 5 or 6 fields'],
    ['0 0 30 2 *', 'is never due'],
  ])('%s is refused', (expr, why) => {
    expect(scheduleProblem({ kind: 'cron', expr }, 0)).toContain(`schedule.expr ${why}`);
  });

  it('in a zone that there is not is refused', () => {
    const problem = scheduleProblem({ kind: 'cron', expr: '* * * * *', tz: 'Mars/Base' }, 0);
    expect(problem).toBe('schedule.tz "Mars/Base" is no time zone');
  });
});

const field = (least: number, most: number) =>
  fc.oneof(
    fc.constant('*'),
    fc.integer({ min: least, max: most }).map(String),
    fc.integer({ min: 2, max: Math.max(2, Math.floor(most / 2)) }).map((step) => `*/${step}`),
    fc
      .uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 3 })
      .map((all) => all.join(',')),
  );
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Pacific/Apia',
];
const anyTime = fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2034-01-01T00:00:00Z') });

it('the next time is always later, falls on a minute of the expression, and none is left out or comes twice', () => {
  const minutesOf = (text: string): ReadonlySet<number> => {
    const all = Array.from({ length: 60 }, (_, minute) => minute);
    if (text === '*') return new Set(all);
    if (text.startsWith('*/')) return new Set(all.filter((minute) => minute % Number(text.slice(2)) === 0));
    return new Set(text.split(',').map(Number));
  };
  fc.assert(
    fc.property(
      fc.record({ minute: field(0, 59), hour: field(0, 23), tz: fc.constantFrom(...zones), from: anyTime }),
      ({ minute, hour, tz, from }) => {
        const schedule = { kind: 'cron', expr: `${minute} ${hour} * * *`, tz } as const;
        const first = nextTime(job(schedule), from) as number;
        expect(first).toBeGreaterThan(from);
        const local = new Intl.DateTimeFormat('en', {
          timeZone: tz,
          minute: 'numeric',
          hour: 'numeric',
          hourCycle: 'h23',
        });
        const parts = local.formatToParts(first);
        const shown = Number(parts.find(({ type }) => type === 'minute')?.value);
        const afterGap = local.format(first - 60_000) !== local.format(first) && isGap(local, first);
        if (!afterGap) expect(minutesOf(minute).has(shown)).toBe(true);
        // Asked a moment before it, it is still the next one; asked at it, it is another one.
        expect(nextTime(job(schedule), first - 1)).toBe(first);
        const second = nextTime(job(schedule), first) as number;
        expect(second).toBeGreaterThan(first);
        expect(nextTime(job(schedule), Math.floor((first + second) / 2))).toBe(second);
      },
    ),
    { numRuns: 150 },
  );
});

/** Whether the clocks went forward at this moment. */
function isGap(local: Intl.DateTimeFormat, moment: number): boolean {
  const minutes = (time: number): number => {
    const parts = local.formatToParts(time);
    const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
    return of('hour') * 60 + of('minute');
  };
  return (minutes(moment) - minutes(moment - 60_000) + 1_440) % 1_440 !== 1;
}

describe('staggering', () => {
  const schedule = { kind: 'cron', expr: '0 * * * *', tz: 'UTC', staggerMs: 600_000 } as const;
  const hour = (id: string): number => (nextTime(job(schedule, 0, id), 0) as number) % 3_600_000;

  it('makes each job late by something of its own, always the same', () => {
    const lates = Array.from({ length: 200 }, (_, n) => hour(`job ${n}`));
    expect(lates.every((late) => late >= 0 && late < 600_000)).toBe(true);
    expect(new Set(lates).size).toBeGreaterThan(190);
    expect(hour('job 1')).toBe(lates[1]);
  });

  it('leaves no time out', () => {
    const from = nextTime(job(schedule), 0) as number;
    expect(nextTime(job(schedule), from)).toBe(from + 3_600_000);
    expect(nextTime(job(schedule), from - 1)).toBe(from);
  });
});

describe('an interval', () => {
  it('goes from its anchor, or from when the job was made', () => {
    expect(nextTime(job({ kind: 'every', everyMs: 10_000 }, 5_000), 5_000)).toBe(15_000);
    expect(nextTime(job({ kind: 'every', everyMs: 10_000 }, 5_000), 47_000)).toBe(55_000);
    expect(nextTime(job({ kind: 'every', everyMs: 10_000, anchorMs: 90_000 }), 5_000)).toBe(90_000);
  });

  it('is a second at least', () => {
    expect(nextTime(job({ kind: 'every', everyMs: 1 }), 5_000)).toBe(6_000);
  });
});

describe('a moment', () => {
  it.each([
    ['2026-01-01T10:00:00Z', '2026-01-01T10:00:00Z'],
    ['2026-01-01T10:00', '2026-01-01T10:00:00Z'],
    ['2026-01-01 10:00:00.5', '2026-01-01T10:00:00.500Z'],
    ['2026-01-01T10:00+02:00', '2026-01-01T08:00:00Z'],
    ['2026-01-01', '2026-01-01T00:00:00Z'],
  ])('%s is %s', (text, expected) => {
    expect(atTime(text)).toBe(at(expected));
  });

  it.each(['', 'tomorrow', '2026', '2026-13-01', '01/02/2026', '2026-01-01T25:00', '2026-01-01T10:00 UTC'])(
    '%j is none',
    (text) => {
      expect(atTime(text)).toBeUndefined();
      expect(scheduleProblem({ kind: 'at', at: text }, 0)).toBe('schedule.at must be an ISO 8601 time');
    },
  );

  it('that is over is due at once, unless the job has succeeded since', () => {
    const over = job({ kind: 'at', at: '2026-01-01T10:00Z' });
    const [due, now] = [at('2026-01-01T10:00Z'), at('2026-01-02T00:00Z')];
    expect(firstTime({ ...over, state: {} }, now)).toBe(due);
    expect(firstTime({ ...over, state: { lastRunStatus: 'error', lastRunAtMs: due } }, now)).toBe(due);
    expect(firstTime({ ...over, state: { lastRunStatus: 'ok', lastRunAtMs: due } }, now)).toBeUndefined();
    expect(firstTime({ ...over, state: { lastRunStatus: 'ok', lastRunAtMs: due - 1 } }, now)).toBe(due);
    expect(nextTime(over, due)).toBeUndefined();
  });
});
