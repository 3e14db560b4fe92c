import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { compile, describeProblems, list, map } from '../../src/shared/schema.js';

const check = compile(
  v.strictObject({
    id: v.pipe(v.string(), v.minLength(1)),
    count: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9))),
    mode: v.exactOptional(v.picklist(['a', 'b'])),
    either: v.exactOptional(v.union([v.string(), v.strictObject({ name: v.string() })])),
    'with/slash': v.exactOptional(v.boolean()),
  }),
);

it('accepts what fits', () => {
  expect(check.is({ id: 'x', count: 3, mode: 'b', either: { name: 'y' } })).toBe(true);
  expect(check.problems({ id: 'x' })).toEqual([]);
});

it.each([
  [{}, "at root: must have required property 'id'"],
  [{ id: '' }, 'at /id: must not be empty'],
  [{ id: 5 }, 'at /id: must be string'],
  [{ id: 'x', shiny: 1 }, "at root: unexpected property 'shiny'"],
  [{ id: 'x', count: 0 }, 'at /count: must be >= 1'],
  [{ id: 'x', count: 10 }, 'at /count: must be <= 9'],
  [{ id: 'x', count: 1.5 }, 'at /count: must be a whole number'],
  [{ id: 'x', mode: 'c' }, 'at /mode: must be one of "a", "b"'],
  [{ id: 'x', either: 5 }, 'at /either: must be one of string, object'],
  [{ id: 'x', either: { name: 5 } }, 'at /either/name: must be string'],
  [{ id: 'x', 'with/slash': 1 }, 'at /with~1slash: must be boolean'],
  ['text', 'at root: must be object'],
  [null, 'at root: must be object'],
])('%j: %s', (value, told) => {
  expect(check.is(value)).toBe(false);
  expect(describeProblems(check.problems(value))).toBe(told);
  expect(check.parse(value)).toEqual({ ok: false, problems: check.problems(value) });
});

it('gives what it describes, without what it merely tolerates', () => {
  const open = compile(v.object({ probe: v.exactOptional(v.boolean()) }));
  expect(open.parse({ probe: true, padding: 'x' })).toEqual({ ok: true, value: { probe: true } });
  expect(open.parse({ padding: 'x' })).toEqual({ ok: true, value: {} });
});

describe('a value with countless problems', () => {
  /** A list of wrong items that counts how often it is read. */
  function watched(length: number): { readonly items: unknown[]; readonly reads: () => number } {
    let reads = 0;
    const items = new Proxy<unknown[]>(
      Array.from({ length }, () => 0),
      {
        get(target, key): unknown {
          reads += 1;
          return Reflect.get(target, key);
        },
      },
    );
    return { items, reads: () => reads };
  }

  it.each([
    ['of one list', compile(v.array(v.string())), (items: unknown[]) => items],
    [
      'in one of several forms',
      compile(v.array(v.union([v.string(), v.array(v.boolean())]))),
      (items: unknown[]) => ['fits', items],
    ],
    [
      'deeper down',
      compile(v.object({ lists: v.array(v.array(v.string())) })),
      (items: unknown[]) => ({ lists: [[], items] }),
    ],
  ])('%s is not read further than the first few', (_what, check, around) => {
    const { items, reads } = watched(30_000);
    const value = around(items);
    expect(check.is(value)).toBe(false);
    const problems = check.problems(value);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThanOrEqual(8);
    expect(reads()).toBeLessThan(100);
  });

  it('that is a list with too many items is told so before one of them is read', () => {
    const { items, reads } = watched(30_000);
    expect(describeProblems(compile(list(v.string(), 3)).problems(items))).toBe(
      'at root: must have at most 3 items',
    );
    expect(reads()).toBeLessThan(10);
  });

  it('that is a map with too many entries is told so before one of them is read', () => {
    const { items, reads } = watched(30_000);
    const check = compile(map(v.string(), v.string(), 3));
    expect(describeProblems(check.problems(items))).toBe('at root: must have at most 3 entries');
    expect(reads()).toBeLessThan(10);
    expect(check.parse({ a: 'b' })).toEqual({ ok: true, value: { a: 'b' } });
    expect(describeProblems(check.problems({ a: 1 }))).toBe('at /a: must be string');
    expect(describeProblems(check.problems('a'))).toBe('at root: must be object');
  });

  it('still shows one that comes after many that were almost problems', () => {
    const either = compile(v.array(v.union([v.string(), v.array(v.string())])));
    const value = [...Array.from({ length: 50 }, () => ['fits']), 5];
    expect(describeProblems(either.problems(value))).toBe('at /50: must be one of string, array');
  });
});

it('cuts names that are too long to be shown', () => {
  const name = 'x'.repeat(10_000);
  expect(check.problems({ id: 'x', [name]: 1 })).toEqual([
    {
      path: '',
      message: `unexpected property '${name.slice(0, 80)}…'`,
      unexpected: `${name.slice(0, 80)}…`,
    },
  ]);
  const flags = compile(v.record(v.string(), v.boolean()));
  expect(flags.problems({ [name]: 1 })).toEqual([
    { path: `/${name.slice(0, 80)}…`, message: 'must be boolean' },
  ]);
});
