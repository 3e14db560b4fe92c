import * as v from 'valibot';
import { expect, it } from 'vitest';
import { compile, describeProblems } from '../../src/shared/schema.js';

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
});
