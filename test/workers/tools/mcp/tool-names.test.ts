/** Names of servers' tools: no two are alike, whatever servers call them, and every API takes them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isNameOf, toolNames } from '../../../../src/workers/tools/mcp/tool-names.js';

const names = (own: readonly string[], server = 'docs'): string[] => [...toolNames(server, own).values()];

it.each([
  ['search', /^docs__search$/],
  ['a-b_C9', /^docs__a-b_C9$/],
  ['_x', /^docs___x$/],
  ['a.b', /^docs__a_b_[0-9a-f]{8}$/],
  ['x'.repeat(59), /^docs__x{49}_[0-9a-f]{8}$/],
])('%s', (own, name) => {
  expect(names([own]).join()).toMatch(name);
});

it('do not depend on the order', () => {
  const own = ['a.b', 'a_b', 'a/b', 'a_b'];
  const [one, other] = [toolNames('s', own), toolNames('s', own.toReversed())];
  for (const tool of own) expect(one.get(tool)).toBe(other.get(tool));
});

it('are names of one server only', () => {
  expect(names(['c'], 'a_b')).not.toEqual(names(['b__c'], 'a'));
  expect(isNameOf('docs', 'docs__x')).toBe(true);
  expect(isNameOf('docs', 'docs_x')).toBe(false);
});

it('are fit for every API, and differ', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: 'grapheme', maxLength: 200 })), (own) => {
      const given = names(own);
      expect(given.every((name) => /^docs__[A-Za-z0-9_-]{0,58}$/.test(name))).toBe(true);
      expect(new Set(given).size).toBe(given.length);
    }),
  );
});
