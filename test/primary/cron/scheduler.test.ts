/** Jobs over time, under a clock that is held still: when they begin, how often, what is kept (methods.md §9). */
import { describe, expect, it } from 'vitest';
import { patchedJob } from '../../../src/primary/cron/job-fields.js';
import type { CronJob } from '../../../src/shared/store/cron-records.js';
import {
  add,
  after,
  began,
  crash,
  daily,
  every,
  log,
  moment,
  start,
  stateOf,
  settle,
  world,
  SECOND,
  MINUTE,
  HOUR,
  DAY,
  useWorld,
} from './cron-world.js';

useWorld();

describe('a job', () => {
  it('begins when it is due, each time once, and what became of it is kept', async () => {
    await start();
    const id = await add(every(10 * MINUTE));
    await world.clock.pass(25 * MINUTE);
    expect(began()).toEqual([10 * MINUTE, 20 * MINUTE]);
    expect(stateOf(id)).toEqual({
      nextRunAtMs: after(30 * MINUTE),
      lastRunAtMs: after(20 * MINUTE),
      lastRunStatus: 'ok',
      lastStatus: 'ok',
      lastDurationMs: 0,
      consecutiveErrors: 0,
    });
    expect(await log(id)).toMatchObject([
      { ts: after(10 * MINUTE), action: 'finished', status: 'ok', nextRunAtMs: after(20 * MINUTE) },
      { ts: after(20 * MINUTE), runAtMs: after(20 * MINUTE), durationMs: 0 },
    ]);
    expect(world.told.map(({ action }) => action)).toEqual(['started', 'finished', 'started', 'finished']);
    expect(world.lags).toEqual([0, 0]);
  });

  it('that was due while the gateway was down, or the machine slept, begins once, at once', async () => {
    await start();
    await add(every(10 * MINUTE));
    await add(moment(after(5 * MINUTE), { name: 'once' }));
    await add(daily('0 13 * * *'));
    await crash(after(3 * DAY));
    expect(world.begun.map(({ name }) => name).toSorted()).toEqual(['job', 'job', 'once']);
    await world.clock.pass(9 * MINUTE);
    expect(world.begun).toHaveLength(3);
    world.clock.set(after(9 * DAY));
    await world.clock.pass(MINUTE);
    expect(world.begun.slice(3).map(({ name }) => name)).toEqual(['job', 'job']);
    expect(world.lags.at(-1)).toBeGreaterThan(5 * DAY);
  });

  it('of a moment that was over when it was made begins once, at once', async () => {
    await start();
    const id = await add(moment(after(-DAY)));
    await world.clock.pass(HOUR);
    expect(began()).toEqual([0]);
    expect(world.book.get(id)).toMatchObject({ enabled: false, state: { lastStatus: 'ok' } });
  });

  it('whose time comes while it runs leaves that one out', async () => {
    world.holds = true;
    await start();
    const id = await add(every(MINUTE));
    await world.clock.pass(3.5 * MINUTE);
    expect(began()).toEqual([MINUTE]);
    expect(stateOf(id)).toMatchObject({ runningAtMs: after(MINUTE) });
    world.held[0]?.end();
    await world.clock.pass(MINUTE);
    expect(began()).toEqual([MINUTE, 4 * MINUTE]);
  });

  it('that is changed while it runs goes by what it is then', async () => {
    world.holds = true;
    await start();
    const id = await add(every(MINUTE));
    await world.clock.pass(MINUTE);
    const schedule = { kind: 'every', everyMs: HOUR } as const;
    await world.book.change(id, (job) => ({
      job: patchedJob(job as CronJob, { schedule }, world.clock.now(), () => {}),
    }));
    world.held[0]?.end();
    await world.clock.pass(HOUR + MINUTE);
    expect(began()).toEqual([MINUTE, HOUR]);
  });

  it('that is removed while it runs leaves nothing', async () => {
    world.holds = true;
    await start();
    const id = await add(every(MINUTE));
    await world.clock.pass(MINUTE);
    await world.book.change(id, () => ({ job: null }));
    world.held[0]?.end();
    await world.clock.pass(HOUR);
    expect([world.begun.length, world.book.size, await log()]).toEqual([1, 0, []]);
  });

  it('that is disabled does not begin, and then only by hand', async () => {
    await start();
    const id = await add(every(MINUTE, { enabled: false }));
    await world.clock.pass(HOUR);
    expect(world.begun).toEqual([]);
    expect(await world.scheduler.force(id, 'due')).toEqual({ enqueued: false, reason: 'not-due' });
    expect(await world.scheduler.force(id, 'force')).toMatchObject({ enqueued: true });
    await world.clock.pass(HOUR);
    expect(world.begun).toHaveLength(1);
    expect(stateOf(id)).not.toHaveProperty('nextRunAtMs');
  });

  it('begins by hand once at a time, and at its own time all the same', async () => {
    world.holds = true;
    await start();
    const id = await add(every(HOUR));
    await world.clock.pass(MINUTE);
    expect(await world.scheduler.force('nobody', 'force')).toBeUndefined();
    const both = await Promise.all([world.scheduler.force(id, 'force'), world.scheduler.force(id, 'force')]);
    expect(both.filter((one) => one?.enqueued)).toHaveLength(1);
    world.held[0]?.end();
    await world.clock.pass(HOUR);
    expect(began()).toEqual([MINUTE, HOUR]);
  });
});

describe('a moment', () => {
  it.each([
    [{}, { enabled: false }],
    [{ deleteAfterRun: true }, undefined],
  ])('with %j ends with its success', async (over, left) => {
    await start();
    const id = await add(moment(after(HOUR), over));
    await world.clock.pass(DAY);
    expect(began()).toEqual([HOUR]);
    if (left) expect(world.book.get(id)).toMatchObject(left);
    else expect(world.book.get(id)).toBeUndefined();
    expect(world.told.some(({ action }) => action === 'removed')).toBe(left === undefined);
  });

  it('that fails is tried again, later each time, and then no more', async () => {
    world.outcome = { status: 'error', error: 'no' };
    await start();
    const id = await add(moment(after(0), { deleteAfterRun: true }));
    await world.clock.pass(DAY);
    const pauses = began().map((at, n, all) => at - (all[n - 1] ?? at));
    expect(pauses).toEqual([0, 30 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR]);
    expect(world.book.get(id)).toMatchObject({
      enabled: false,
      state: { consecutiveErrors: 6, lastError: 'no' },
    });
  });

  it('that was cut off is not begun again', async () => {
    world.holds = true;
    await start();
    const id = await add(moment(after(MINUTE)));
    await world.clock.pass(MINUTE);
    await crash(after(HOUR));
    await world.clock.pass(DAY);
    expect(world.begun).toHaveLength(1);
    expect(world.book.get(id)).toMatchObject({ enabled: false, state: { lastError: 'interrupted' } });
    expect(await log(id)).toHaveLength(1);
  });
});

it('failures put the next time off, by how many there were in a row, until one is good', async () => {
  world.outcome = { status: 'error', error: 'no' };
  await start();
  const id = await add(every(SECOND));
  await world.clock.pass(2 * HOUR + 25 * MINUTE);
  const pauses = began().map((at, n, all) => at - (all[n - 1] ?? at));
  expect(pauses.slice(1).map((ms) => Math.floor(ms / SECOND))).toEqual([30, 60, 300, 900, 3_600, 3_600]);
  expect(stateOf(id)).toMatchObject({ consecutiveErrors: 7, lastError: 'no' });
  world.outcome = {};
  await world.clock.pass((stateOf(id)?.nextRunAtMs as number) - world.clock.now());
  expect(stateOf(id)).toMatchObject({ consecutiveErrors: 0, lastStatus: 'ok' });
  expect(stateOf(id)).not.toHaveProperty('lastError');
});

describe('many jobs', () => {
  it('that are due at once begin so many at a time, each once', async () => {
    [world.holds, world.concurrent] = [true, 50];
    await start();
    const ids = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => add(every(HOUR, { name: `job ${n}` }))),
    );
    await world.clock.pass(HOUR);
    for (let count = 50; count <= 1_000; count += 50) {
      expect(world.held).toHaveLength(count);
      for (const { end } of world.held.slice(-50)) end();
      await settle();
    }
    expect(new Set(world.begun.map(({ name }) => name)).size).toBe(1_000);
    expect(ids.every((id) => stateOf(id)?.nextRunAtMs === after(2 * HOUR))).toBe(true);
    expect(await log()).toHaveLength(1_000);
  });

  it('of which none is due cost nothing: one timer, and no look at any of them', async () => {
    await start();
    await Promise.all(Array.from({ length: 1_000 }, () => add(every(DAY))));
    let looks = 0;
    const { all } = world.book;
    Object.assign(world.book, { all: () => ((looks += 1), all()) });
    const wrote = await log();
    await world.clock.pass(HOUR);
    expect([world.clock.timers, looks, world.begun.length, wrote.length]).toEqual([1, 0, 0, 0]);
  });
});
