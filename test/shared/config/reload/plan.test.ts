import { describe, expect, it } from 'vitest';
import { formatPath } from '../../../../src/shared/config/path.js';
import { changedPaths, reloadPlan } from '../../../../src/shared/config/reload/plan.js';
import type { ReloadMode } from '../../../../src/shared/config/reload/settings.js';

const changed = (before: unknown, after: unknown): string[] => changedPaths(before, after).map(formatPath);

describe('the difference of two configs', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: { b: 1, c: 2 } }, { a: { b: 1, c: 3 } }, ['a.c']],
    [{ a: [1, 2] }, { a: [1, 3] }, ['a']],
    [{ a: [{ b: 1 }] }, { a: [{ b: 1 }] }, []],
    [{}, { a: { b: 1, c: { d: 2 } } }, ['a.b', 'a.c.d']],
    [{ a: { b: 1 } }, {}, ['a.b']],
    [{}, { a: {} }, ['a']],
    [{ a: { b: 1 } }, { a: 'x' }, ['a']],
    [{ a: null }, { a: { b: 1 } }, ['a']],
    [{ m: new Map([['x/y.z', { k: 1 }]]) }, { m: new Map([['x/y.z', { k: 2 }]]) }, ['m["x/y.z"].k']],
  ])('%j → %j', (before, after, paths) => {
    expect(changed(before, after)).toEqual(paths);
  });
});

describe('the plan', () => {
  const none = { session: { mainKey: 'x' } };
  const hot = { hooks: { path: '/x' } };
  const rolling = { gateway: { workers: { count: 3 } } };
  const port = { gateway: { port: 1 } };

  it.each<[ReloadMode, object, string]>([
    ['hybrid', {}, 'nothing'],
    ['hybrid', none, 'swap'],
    ['hybrid', hot, 'apply'],
    ['hybrid', rolling, 'apply'],
    ['hybrid', { ...hot, ...port }, 'restart'],
    ['hot', none, 'swap'],
    ['hot', hot, 'apply'],
    ['hot', { ...hot, ...port }, 'apply'],
    ['hot', port, 'swap'],
    ['restart', none, 'swap'],
    ['restart', hot, 'restart'],
    ['restart', rolling, 'restart'],
    ['off', hot, 'nothing'],
  ])('in mode %s for %j: %s', (mode, edit, outcome) => {
    expect(reloadPlan(changedPaths({}, edit), mode).outcome).toBe(outcome);
  });

  it('names what counts, and what has to wait', () => {
    const plan = reloadPlan(
      changedPaths({}, { ...hot, hooks: { path: '/x', token: 't' }, models: { mode: 'merge' }, ...port }),
      'hot',
    );
    expect(plan.ignored).toEqual(['gateway.port']);
    expect(plan.paths.hot).toEqual(['hooks.path', 'hooks.token', 'models.mode']);
    expect(reloadPlan(changedPaths({}, hot), 'off').ignored).toEqual(['hooks.path']);
  });
});
