import { expect, it } from 'vitest';
import { isDeeperThan } from '../../src/shared/json-depth.js';

it('tells a text that goes too deep from one that does not', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}"${'['.repeat(20)}"${']'.repeat(depth)}`;
  for (const depth of [1, 7, 8]) expect(isDeeperThan(Buffer.from(nested(depth)), 8)).toBe(false);
  for (const depth of [9, 10, 100_000]) expect(isDeeperThan(Buffer.from(nested(depth)), 8)).toBe(true);
  expect(isDeeperThan(Buffer.from(`[${'[],{"x":[]},'.repeat(100)}0]`), 3)).toBe(false);
});
