/** Which job is due next, against a plain list of all of them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDueTimes } from '../../../src/primary/cron/due-times.js';

it('knows what a sorted list would', () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const step = fc.oneof(
    fc.record({
      id: fc.constantFrom(...ids),
      at: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
    }),
    fc.integer({ min: 0, max: 9 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const due = createDueTimes();
      const plain = new Map<string, number>();
      for (const one of steps) {
        if (typeof one === 'number') {
          const expected = [...plain].filter(([, at]) => at <= one).toSorted(byTime);
          for (const [id] of expected) plain.delete(id);
          expect(due.take(one)).toEqual(expected.map(([id]) => id));
        } else {
          due.set(one.id, one.at);
          plain.delete(one.id);
          if (one.at !== undefined) plain.set(one.id, one.at);
        }
        expect(due.next()).toBe(plain.size === 0 ? undefined : Math.min(...plain.values()));
      }
    }),
  );
});

function byTime([a, atA]: [string, number], [b, atB]: [string, number]): number {
  return atA - atB || (a < b ? -1 : 1);
}
