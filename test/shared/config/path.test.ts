import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatPath, parsePath } from '../../../src/shared/config/path.js';

it.each([
  ['agents.list[0].id', ['agents', 'list', 0, 'id']],
  ['models.providers["my.own"].api', ['models', 'providers', 'my.own', 'api']],
  ['agents.defaults.models.openai/gpt-x', ['agents', 'defaults', 'models', 'openai/gpt-x']],
  ['["gateway.port"]', ['gateway.port']],
])('%s', (text, path) => {
  expect(parsePath(text)).toEqual(path);
  expect(formatPath(path)).toBe(text);
});

it.each(['', '.', 'a.', 'a..b', 'a[', 'a[x]', 'a["x]', 'a b', 'a[0', ']'])('%j is no path', (text) => {
  expect(parsePath(text)).toBeUndefined();
});

it('every path can be written', () => {
  const part = fc.oneof(fc.nat(999), fc.string());
  fc.assert(
    fc.property(fc.array(part, { minLength: 1 }), (path) => {
      expect(parsePath(formatPath(path))).toEqual(path);
    }),
  );
});
