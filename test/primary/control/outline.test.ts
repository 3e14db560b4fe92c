import fc from 'fast-check';
import { expect, it } from 'vitest';
import { outlineOf } from '../../../src/primary/control/outline.js';

const ROOM = 1024;

function outer(text: string): string | undefined {
  return outlineOf(Buffer.from(text), ROOM).outer?.toString('utf8');
}

it.each([
  ['{"id":"a","params":{"x":[1,{"y":2}],"z":"}"}}', '{"id":"a","params":{}}'],
  ['{"params":[[],[1]],"id":"a"}', '{"params":[],"id":"a"}'],
  ['{"id":"]}\\"[\\\\","params":["\\"]"]}', '{"id":"]}\\"[\\\\","params":[]}'],
  ['{"id":"a"}', '{"id":"a"}'],
  ['"text"', '"text"'],
  ['', ''],
])('of %s keeps %s', (text, kept) => {
  expect(outer(text)).toBe(kept);
});

it('keeps nothing that is large itself, or has many parts', () => {
  expect(outer(`{"id":"${'x'.repeat(ROOM)}"}`)).toBeUndefined();
  expect(outer(`[${'[],'.repeat(100)}0]`)).toBeUndefined();
  expect(outer(`[[${'[],'.repeat(100)}0]]`)).toBe('[[]]');
});

it('does not mind text that is not JSON', () => {
  for (const text of [']]]]', '{{{{', '{"a', '"\\', '{"a":[}', '[1,,]'])
    expect(outer(text)).toBeTypeOf('string');
});

/** How many values there are in a parsed text. */
function count(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return 1 + Object.values(value).reduce<number>((sum, inner) => sum + count(inner), 0);
}

it('counts at least every value, at most those and one for each container', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      const { values } = outlineOf(Buffer.from(text), ROOM);
      expect(values).toBeGreaterThanOrEqual(count(JSON.parse(text)));
      expect(values).toBeLessThanOrEqual(2 * count(JSON.parse(text)));
    }),
  );
});

it('has the keys of the whole, and what is no container unchanged', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 10 }), (value) => {
      const text = JSON.stringify(value);
      const kept = outlineOf(Buffer.from(text), 1024 * 1024).outer;
      const emptied = Object.entries(JSON.parse(text) as object).map(([key, inner]: [string, unknown]) => {
        if (typeof inner !== 'object' || inner === null) return [key, inner];
        return [key, Array.isArray(inner) ? [] : {}];
      });
      expect(Object.entries(JSON.parse(kept?.toString('utf8') ?? '') as object)).toEqual(emptied);
    }),
  );
});
