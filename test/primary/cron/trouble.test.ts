/** Jobs when the gateway dies, the clock is set back, the store takes nothing, or the scheduler is off (methods.md §9). */
import { describe, expect, it } from 'vitest';
import {
  add,
  after,
  began,
  crash,
  daily,
  every,
  log,
  start,
  stateOf,
  world,
  SECOND,
  MINUTE,
  HOUR,
  DAY,
  useWorld,
} from './cron-world.js';

useWorld();

describe('a run that a crash cut off', () => {
  it('has ended, once, and its job goes on with its next time', async () => {
    world.holds = true;
    await start();
    const id = await add(daily('0 13 * * *'));
    await world.clock.pass(HOUR);
    await crash(after(HOUR + MINUTE));
    expect(stateOf(id)).toMatchObject({ nextRunAtMs: after(DAY + HOUR), lastStatus: 'error' });
    expect(stateOf(id)).not.toHaveProperty('runningAtMs');
    await crash(after(HOUR + 2 * MINUTE));
    expect(world.begun).toHaveLength(1);
    expect(await log(id)).toMatchObject([{ status: 'error', error: 'interrupted', runAtMs: after(HOUR) }]);
  });
});

describe('a clock that is set back', () => {
  it.each([
    ['a little: a time of day does not come twice', -30 * MINUTE, DAY + HOUR],
    ['far: it was wrong before', -2 * DAY, -23 * HOUR],
  ])('%s', async (_how, by, expected) => {
    await start();
    await add(daily('0 13 * * *'));
    await world.clock.pass(HOUR + MINUTE);
    expect(began()).toEqual([HOUR]);
    world.clock.set(after(HOUR + MINUTE + by));
    await world.clock.pass(3 * DAY);
    expect(began()[1]).toBe(expected);
  });

  it('does not keep intervals waiting', async () => {
    await start();
    await add(every(10 * MINUTE));
    await world.clock.pass(11 * MINUTE);
    world.clock.set(after(-DAY));
    await world.clock.pass(12 * MINUTE);
    expect(began()).toEqual([10 * MINUTE, -DAY + 10 * MINUTE]);
  });

  it('while the gateway was down counts as well', async () => {
    await start();
    await add(daily('0 13 * * *'));
    await world.clock.pass(HOUR + MINUTE);
    await crash(after(-10 * DAY));
    await world.clock.pass(DAY);
    expect(began()).toEqual([HOUR, -10 * DAY + HOUR]);
  });
});

describe('a store that takes nothing', () => {
  it('is said, and what is due begins when it does again', async () => {
    await start();
    await add(every(10 * MINUTE));
    world.broken = true;
    await world.clock.pass(10 * MINUTE + 30 * SECOND);
    expect(world.begun).toEqual([]);
    expect(world.logged.map(({ message }) => message)).toContain('cron: timer tick failed');
    world.broken = false;
    await world.clock.pass(10 * MINUTE);
    expect(began()).toEqual([10 * MINUTE + 35 * SECOND, 20 * MINUTE]);
  });

  it('at the end of a run leaves it open until it does again', async () => {
    world.holds = true;
    await start();
    const id = await add(every(10 * MINUTE));
    await world.clock.pass(10 * MINUTE);
    world.broken = true;
    world.held[0]?.end();
    await world.clock.pass(MINUTE);
    expect(stateOf(id)).toHaveProperty('runningAtMs');
    world.broken = false;
    await world.clock.pass(MINUTE);
    expect(stateOf(id)).not.toHaveProperty('runningAtMs');
    expect(await log(id)).toHaveLength(1);
  });
});

describe('a scheduler that is off', () => {
  it('says so once, and begins what is due when it is on again', async () => {
    world.enabled = false;
    await start();
    await add(every(10 * MINUTE));
    await world.clock.pass(HOUR + MINUTE);
    expect(world.begun).toEqual([]);
    expect(world.scheduler.nextAt()).toBeUndefined();
    const off = 'cron: scheduler disabled; jobs will not run automatically';
    expect(world.logged.filter(({ message }) => message === off)).toHaveLength(1);
    world.enabled = true;
    world.scheduler.changed();
    await world.clock.pass(0);
    expect(began()).toEqual([HOUR + MINUTE]);
  });

  it('looks at the clock no more once it is stopped', async () => {
    await start();
    await add(every(MINUTE));
    world.scheduler.stop();
    await world.clock.pass(HOUR);
    expect([world.begun.length, world.clock.timers]).toEqual([0, 0]);
  });
});
