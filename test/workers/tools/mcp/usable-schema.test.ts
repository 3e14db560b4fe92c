/** Schemas of servers as APIs of models take them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mcpLimits } from '../../../../src/shared/tools/limits.js';
import { usableSchema } from '../../../../src/workers/tools/mcp/usable-schema.js';

const anything = { type: 'object', properties: {} };
const text = { type: 'string' };

it.each([
  ['what is no schema', 'none', anything],
  ['no type', {}, anything],
  ['a wrong type', { type: 'string' }, anything],
  [
    'one that is fine',
    { type: 'object', properties: { a: text }, required: ['a'], additionalProperties: false },
    { type: 'object', properties: { a: text }, required: ['a'], additionalProperties: false },
  ],
  [
    'alternatives: any of them may be given',
    { anyOf: [{ properties: { a: text }, required: ['a'] }, { properties: { b: text } }], required: ['c'] },
    { type: 'object', properties: { a: text, b: text } },
  ],
  [
    'parts: all that they ask for',
    { allOf: [{ properties: { a: text }, required: ['a'] }], properties: { b: text }, required: ['b'] },
    { type: 'object', properties: { a: text, b: text }, required: ['a', 'b'] },
  ],
  [
    'a reference at the top',
    { $ref: '#/$defs/X', $defs: { X: { type: 'object', properties: { a: text }, required: ['a'] } } },
    {
      type: 'object',
      properties: { a: text },
      required: ['a'],
      $defs: { X: { type: 'object', properties: { a: text }, required: ['a'] } },
    },
  ],
  [
    'a reference to elsewhere',
    { properties: { a: { $ref: 'http://x/', description: 'x' } } },
    { type: 'object', properties: { a: { description: 'x' } } },
  ],
  [
    'lists that do not say of what',
    { properties: { a: { type: 'array' }, b: { type: ['array', 'null'], items: [text] } } },
    {
      type: 'object',
      properties: { a: { type: 'array', items: {} }, b: { type: ['array', 'null'], items: {} } },
    },
  ],
  [
    'names that are none',
    { properties: { 'a b': text, '': text, c: text }, required: ['a b', 'c', 7] },
    { type: 'object', properties: { c: text }, required: ['c'] },
  ],
  ['one that is too large', { properties: { a: { description: 'x'.repeat(40_000) } } }, anything],
])('%s', (_what, given, usable) => {
  expect(usableSchema(given)).toEqual(usable);
});

it('one that is too deep', () => {
  let deep: object = text;
  for (let n = 0; n < 100_000; n += 1) deep = { not: deep };
  expect(usableSchema({ properties: { a: deep } })).toMatchObject({ type: 'object' });
  let data: unknown = 1;
  for (let n = 0; n < 100_000; n += 1) data = [data];
  expect(usableSchema({ default: data })).toEqual(anything);
});

it('whatever is given, an object that is not too large comes of it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const usable = usableSchema({ properties: { a: value }, allOf: value, $defs: value });
      expect(usable.type).toBe('object');
      expect(JSON.stringify(usable).length).toBeLessThanOrEqual(mcpLimits.schemaChars);
    }),
  );
});
