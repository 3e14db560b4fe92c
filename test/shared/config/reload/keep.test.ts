import { expect, it } from 'vitest';
import { keepValues } from '../../../../src/shared/config/reload/keep.js';

it.each([
  [{ a: 1, b: 1 }, { a: 2, b: 2 }, [['a']], { a: 1, b: 2 }],
  [{}, { a: { b: 1, c: 2 } }, [['a', 'b']], { a: { c: 2 } }],
  [{ a: { b: 1 } }, {}, [['a', 'b']], { a: { b: 1 } }],
  [{ a: [1] }, { a: [1, 2], b: 1 }, [['a']], { a: [1], b: 1 }],
  [
    { m: new Map([['x/y.z', { k: 1 }]]) },
    { m: new Map() },
    [['m', 'x/y.z', 'k']],
    { m: new Map([['x/y.z', { k: 1 }]]) },
  ],
  [{ m: new Map() }, { m: new Map([['x', 1]]) }, [['m', 'x']], { m: new Map() }],
  [{ a: null }, { a: { b: 1 } }, [['a']], { a: null }],
])('keeps of %j in %j %j', (before, next, paths, kept) => {
  expect(keepValues<unknown>(before, next, paths)).toEqual(kept);
});

it('leaves both as they are', () => {
  const before = { a: { b: 1 }, m: new Map([['x', 1]]) };
  const next = { a: { b: 2 }, m: new Map([['x', 2]]) };
  keepValues(before, next, [
    ['a', 'b'],
    ['m', 'x'],
  ]);
  expect([before.a.b, before.m.get('x'), next.a.b, next.m.get('x')]).toEqual([1, 1, 2, 2]);
});
