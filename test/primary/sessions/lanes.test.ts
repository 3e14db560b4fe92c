import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLanes, type Lanes, type Place } from '../../../src/primary/sessions/lanes.js';

function enter(lanes: Lanes, session: string, name: string, started: string[]): Place {
  const place = lanes.enter(session, () => started.push(name));
  if (!place) throw new Error('full');
  return place;
}

describe('lanes', () => {
  it('let one run of a session go at a time, in order', () => {
    const lanes = createLanes({ maxConcurrent: 10, waitingPerSession: 5, waiting: 100 });
    const started: string[] = [];
    const [a, b] = ['a', 'b', 'c'].map((name) => enter(lanes, 's', name, started));
    expect([started, a?.running, b?.running]).toEqual([['a'], true, false]);
    a?.leave();
    a?.leave();
    expect([started, lanes.running, lanes.waiting]).toEqual([['a', 'b'], 1, 1]);
  });

  it('let so many go in all, and the first of those that wait', () => {
    const lanes = createLanes({ maxConcurrent: 2, waitingPerSession: 5, waiting: 100 });
    const started: string[] = [];
    const places = ['a', 'b', 'c', 'd'].map((name) => enter(lanes, name, name, started));
    expect(started).toEqual(['a', 'b']);
    places[2]?.leave();
    places[0]?.leave();
    expect(started).toEqual(['a', 'b', 'd']);
  });

  it('refuse who would wait behind too many', () => {
    const lanes = createLanes({ maxConcurrent: 1, waitingPerSession: 2, waiting: 3 });
    const started: string[] = [];
    for (const name of ['a', 'b', 'c']) enter(lanes, 's', name, started);
    expect(lanes.enter('s', () => {})).toBeUndefined();
    enter(lanes, 't', 'd', started);
    expect(lanes.enter('u', () => {})).toBeUndefined();
    expect([lanes.running, lanes.waiting]).toEqual([1, 3]);
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
          const lanes = createLanes({ maxConcurrent, waitingPerSession: 100, waiting: 1_000 });
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
              row.place = lanes.enter(one.enter, () => {
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
