import { describe, expect, it } from 'vitest';
import { createDedupe } from '../../../src/primary/control/dedupe.js';
import { dedupeLimits } from '../../../src/shared/limits.js';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('dedupe', () => {
  it('gives the first answer to a repeat, before and after it is there, per family', async () => {
    const dedupe = createDedupe(() => 0);
    expect(dedupe.find('a', 'k')).toBeUndefined();
    const answer = Promise.resolve('1');
    void dedupe.keep('a', 'k', answer);
    expect(await dedupe.find('a', 'k')).toBe('1');
    await settled();
    expect(await dedupe.find('a', 'k')).toBe('1');
    expect(dedupe.find('b', 'k')).toBeUndefined();
  });

  it('keeps failures too', async () => {
    const dedupe = createDedupe(() => 0);
    const failed = dedupe.keep('a', 'k', Promise.reject(new Error('no')));
    await expect(failed).rejects.toThrow('no');
    await expect(dedupe.find('a', 'k')).rejects.toThrow('no');
  });

  it('forgets what is old, counted from its end', async () => {
    let now = 0;
    const dedupe = createDedupe(() => now);
    let end = (_answer: string): void => {};
    void dedupe.keep('a', 'slow', new Promise((resolve) => (end = resolve)));
    now = dedupeLimits.ttlMs * 2;
    expect(dedupe.find('a', 'slow')).toBeDefined();
    end('1');
    await settled();
    now += dedupeLimits.ttlMs - 1;
    expect(dedupe.find('a', 'slow')).toBeDefined();
    now += 1;
    expect(dedupe.find('a', 'slow')).toBeUndefined();
  });

  it('forgets the oldest when there are too many, or they are too large together', async () => {
    const dedupe = createDedupe(() => 0);
    for (let n = 0; n <= dedupeLimits.entries; n += 1) void dedupe.keep('a', `k${n}`, Promise.resolve('x'));
    await settled();
    expect(dedupe.find('a', 'k0')).toBeUndefined();
    expect(dedupe.find('a', 'k1')).toBeDefined();
    void dedupe.keep('a', 'large', Promise.resolve('x'.repeat(dedupeLimits.chars)));
    await settled();
    expect(dedupe.find('a', `k${dedupeLimits.entries}`)).toBeUndefined();
    expect(dedupe.find('a', 'large')).toBeDefined();
  });
});
