import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createLanes,
  type Lanes,
  type LaneWait,
  type Place,
  type PlaceRequest,
} from '../../../src/primary/sessions/lanes.js';

interface Limits {
  readonly maxConcurrent: number;
  readonly waitingPerSession: number;
  readonly waiting: number;
}

const lanesOf = ({ maxConcurrent, ...limits }: Limits): Lanes =>
  createLanes({
    ...limits,
    concurrent: (lane) => (lane === 'main' ? maxConcurrent : undefined),
    lanes: 3,
    now: () => 0,
    waited: () => {},
  });

const tryEnter = (
  lanes: Lanes,
  session: string,
  start: () => void,
  more: Partial<PlaceRequest> = {},
): Place | undefined => lanes.enter({ session, lane: 'main', start, ...more });

function enter(
  lanes: Lanes,
  session: string,
  name: string,
  started: string[],
  more: Partial<PlaceRequest> = {},
): Place {
  const place = tryEnter(lanes, session, () => started.push(name), more);
  if (!place) throw new Error('full');
  return place;
}

const wide = { maxConcurrent: 10, waitingPerSession: 10, waiting: 100 };

describe('lanes', () => {
  it('let one run of a session go at a time, in order', () => {
    const lanes = lanesOf({ maxConcurrent: 10, waitingPerSession: 5, waiting: 100 });
    const started: string[] = [];
    const [a, b] = ['a', 'b', 'c'].map((name) => enter(lanes, 's', name, started));
    expect([started, a?.running, b?.running]).toEqual([['a'], true, false]);
    a?.leave();
    a?.leave();
    expect([started, lanes.running, lanes.waiting]).toEqual([['a', 'b'], 1, 1]);
  });

  it('let so many go in all, and the first of those that wait', () => {
    const lanes = lanesOf({ maxConcurrent: 2, waitingPerSession: 5, waiting: 100 });
    const started: string[] = [];
    const places = ['a', 'b', 'c', 'd'].map((name) => enter(lanes, name, name, started));
    expect(started).toEqual(['a', 'b']);
    places[2]?.leave();
    places[0]?.leave();
    expect(started).toEqual(['a', 'b', 'd']);
  });

  it('refuse who would wait behind too many', () => {
    const lanes = lanesOf({ maxConcurrent: 1, waitingPerSession: 2, waiting: 3 });
    const started: string[] = [];
    for (const name of ['a', 'b', 'c']) enter(lanes, 's', name, started);
    expect(tryEnter(lanes, 's', () => {})).toBeUndefined();
    enter(lanes, 't', 'd', started);
    expect(tryEnter(lanes, 'u', () => {})).toBeUndefined();
    expect([lanes.running, lanes.waiting]).toEqual([1, 3]);
  });

  it('one runs at a time in a lane that nothing is said of, whatever goes on in others', () => {
    const lanes = lanesOf({ ...wide, maxConcurrent: 1 });
    const started: string[] = [];
    const custom = { lane: 'custom' };
    const a = enter(lanes, 'a', 'a', started, custom);
    enter(lanes, 'b', 'b', started, custom);
    enter(lanes, 'c', 'c', started);
    expect(started).toEqual(['a', 'c']);
    a.leave();
    expect(started).toEqual(['a', 'c', 'b']);
  });

  it('refuse a new name when many lanes are in use, never a lane that has a limit', () => {
    const lanes = lanesOf(wide);
    const started: string[] = [];
    const [first] = ['x', 'y', 'z'].map((lane) => enter(lanes, lane, lane, started, { lane }));
    expect(tryEnter(lanes, 'w', () => {}, { lane: 'w' })).toBeUndefined();
    enter(lanes, 'x again', 'x again', started, { lane: 'x' });
    enter(lanes, 'main', 'main', started).leave();
    first?.leave();
    expect(tryEnter(lanes, 'w', () => {}, { lane: 'w' })).toBeUndefined();
    expect(started).toEqual(['x', 'y', 'z', 'main', 'x again']);
  });

  it('let one go before another that is behind, but not before one whose session waits for nobody', () => {
    const lanes = lanesOf({ ...wide, maxConcurrent: 1 });
    const started: string[] = [];
    const elsewhere = enter(lanes, 't', 'elsewhere', started);
    const ready = enter(lanes, 's', 'ready', started);
    const behind = enter(lanes, 's', 'behind', started);
    const urgent = enter(lanes, 's', 'urgent', started, { before: behind });
    enter(lanes, 's', 'too late', started, { before: ready });
    for (const place of [elsewhere, ready, urgent, behind]) place.leave();
    expect(started).toEqual(['elsewhere', 'ready', 'urgent', 'behind', 'too late']);
  });

  it('hold one that has been behind until it is let go, and those after it', () => {
    const lanes = lanesOf(wide);
    const started: string[] = [];
    const goes: (() => void)[] = [];
    const hold = (letGo: () => void): void => void goes.push(letGo);
    const [a, b] = ['a', 'b', 'c'].map((name) => enter(lanes, 's', name, started, { hold }));
    expect([started, goes.length]).toEqual([['a'], 0]);
    a?.leave();
    expect([started, goes.length, b?.running, lanes.running]).toEqual([['a'], 1, false, 0]);
    b?.leave();
    goes[0]?.();
    expect([started, goes.length]).toEqual([['a'], 2]);
    goes[1]?.();
    expect(started).toEqual(['a', 'c']);
  });

  it('tell of each wait how long it was, without the time that one was held', () => {
    let now = 0;
    const waits: LaneWait[] = [];
    const waited = (wait: LaneWait): void => void waits.push(wait);
    const limits = { waitingPerSession: 9, waiting: 9, lanes: 9 };
    const lanes = createLanes({ ...limits, concurrent: () => undefined, now: () => now, waited });
    const goes: (() => void)[] = [];
    const first = enter(lanes, 's', 'first', []);
    const second = enter(lanes, 's', 'second', [], { hold: (letGo) => void goes.push(letGo) });
    now = 5;
    first.leave();
    now = 50;
    const other = enter(lanes, 't', 'other', []);
    now = 60;
    goes[0]?.();
    now = 67;
    other.leave();
    expect(second.running).toBe(true);
    expect(waits.filter(({ waitedMs }) => waitedMs > 0)).toEqual([
      { lane: 'session:s', waitedMs: 5 },
      { lane: 'main', waitedMs: 7 },
    ]);
  });

  it('start everything once, in each session in order, never two of one session, whatever leaves when', () => {
    const enters = fc.record({
      session: fc.constantFrom('s', 't', 'u'),
      lane: fc.constantFrom('main', 'x'),
      held: fc.boolean(),
      before: fc.option(fc.nat(30), { nil: undefined }),
    });
    const step = fc.oneof(enters, fc.record({ leave: fc.nat(30) }), fc.record({ letGo: fc.nat(30) }));
    const steps = fc.array(step, { maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), (steps, maxConcurrent) => {
        const lanes = lanesOf({ maxConcurrent, waitingPerSession: 100, waiting: 1_000 });
        const entered: Entered[] = [];
        /** Of each session, in the order in which they are to go. */
        const rows = new Map<string, Entered[]>([
          ['s', []],
          ['t', []],
          ['u', []],
        ]);
        const order: Entered[] = [];
        const come = ({ session, lane, held, before }: Coming): void => {
          const row = rows.get(session) ?? [];
          const other = before === undefined ? undefined : entered[before];
          const next = other && row.includes(other) && other.place?.behind ? other : undefined;
          const one: Entered = { session, lane, place: undefined, starts: 0, left: false, letGo: undefined };
          entered.push(one);
          row.splice(next ? row.indexOf(next) : row.length, 0, one);
          const start = (): void => {
            one.starts += 1;
            order.push(one);
          };
          const hold = held ? { hold: (letGo: () => void) => void (one.letGo = letGo) } : {};
          one.place = tryEnter(lanes, session, start, { lane, before: next?.place, ...hold });
        };
        const leave = (one: Entered | undefined): void => {
          if (one) one.left = true;
          one?.place?.leave();
        };
        for (const one of steps) {
          if ('leave' in one) leave(entered[one.leave]);
          else if ('letGo' in one) entered[one.letGo]?.letGo?.();
          else come(one);
          const live = entered.filter(({ starts, left }) => starts === 1 && !left);
          expect(live.length).toBe(lanes.running);
          expect(live.filter(({ lane }) => lane === 'main').length).toBeLessThanOrEqual(maxConcurrent);
          expect(live.filter(({ lane }) => lane === 'x').length).toBeLessThanOrEqual(1);
          expect(new Set(live.map(({ session }) => session)).size).toBe(live.length);
        }
        const asked = entered.filter(({ left }) => !left);
        while (lanes.running + lanes.waiting > 0) {
          for (const { letGo } of entered) letGo?.();
          const running = entered.filter(({ place }) => place?.running);
          expect(running).not.toEqual([]);
          running.forEach(leave);
        }
        expect(asked.map(({ starts }) => starts)).toEqual(asked.map(() => 1));
        for (const row of rows.values()) {
          const started = order.filter((one) => row.includes(one));
          expect(started).toEqual(row.filter((one) => started.includes(one)));
        }
      }),
    );
  });
});

interface Coming {
  readonly session: string;
  readonly lane: string;
  readonly held: boolean;
  /** Number of the one that it is to go before. */
  readonly before: number | undefined;
}

interface Entered {
  readonly session: string;
  readonly lane: string;
  place: Place | undefined;
  starts: number;
  left: boolean;
  letGo: (() => void) | undefined;
}
