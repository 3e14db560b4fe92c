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
    concurrent: new Map([['main', maxConcurrent]]),
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
    const lanes = createLanes({ ...limits, concurrent: new Map(), now: () => now, waited });
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
    const step = fc.oneof(
      fc.record({ enter: fc.constantFrom('s', 't', 'u') }),
      fc.record({ leave: fc.nat(30) }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        (steps, maxConcurrent) => {
          const lanes = lanesOf({ maxConcurrent, waitingPerSession: 100, waiting: 1_000 });
          const entered: { session: string; place: Place | undefined; starts: number; left: boolean }[] = [];
          const order: number[] = [];
          for (const one of steps) {
            if ('enter' in one) {
              const index = entered.length;
              const row = {
                session: one.enter,
                place: undefined as Place | undefined,
                starts: 0,
                left: false,
              };
              entered.push(row);
              row.place = tryEnter(lanes, one.enter, () => {
                row.starts += 1;
                order.push(index);
              });
            } else {
              const row = entered[one.leave];
              if (row) row.left = true;
              row?.place?.leave();
            }
            const live = entered.filter(({ starts, left }) => starts === 1 && !left);
            expect(live.length).toBe(lanes.running);
            expect(live.length).toBeLessThanOrEqual(maxConcurrent);
            expect(new Set(live.map(({ session }) => session)).size).toBe(live.length);
          }
          for (const row of entered) row.place?.leave();
          expect(entered.every(({ starts, left }) => starts <= 1 && (starts === 1 || left || true))).toBe(
            true,
          );
          for (const session of ['s', 't', 'u']) {
            const own = order.filter((index) => entered[index]?.session === session);
            expect(own).toEqual(own.toSorted((a, b) => a - b));
          }
          expect([lanes.running, lanes.waiting]).toEqual([0, 0]);
        },
      ),
    );
  });
});
