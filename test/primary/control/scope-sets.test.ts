/** Sets of scopes that connections share. */
import { expect, it } from 'vitest';
import { createScopeSets } from '../../../src/primary/control/scope-sets.js';
import { scopeSetLimits } from '../../../src/shared/limits.js';

it('the same scopes in the same order are one set', () => {
  const share = createScopeSets();
  const first = share(new Set(['a', 'b']));
  expect(share(new Set(['a', 'b']))).toBe(first);
  expect([...share(new Set(['b', 'a']))]).toEqual(['b', 'a']);
});

it('so many are kept, and none that is long; others are as they were', () => {
  const share = createScopeSets();
  for (let n = 0; n < scopeSetLimits.sets; n += 1) share(new Set([`scope ${n}`]));
  for (const scope of ['one more', 'x'.repeat(scopeSetLimits.chars)]) {
    const mine = new Set([scope]);
    expect(share(new Set([scope]))).not.toBe(share(mine));
    expect(share(mine)).toBe(mine);
  }
});
