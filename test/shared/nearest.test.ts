import { expect, test } from 'vitest';
import { nearest } from '../../src/shared/nearest.js';

const known = ['gateway', 'gateway run', 'gateway status', 'health'];

test.each([
  ['gatway', 'gateway'],
  ['gatewya', 'gateway'],
  ['gateway statsu', 'gateway status'],
  ['helth', 'health'],
])('%s is close to %s', (typed, expected) => {
  expect(nearest(typed, known)).toBe(expected);
});

test.each(['x', 'doctor', ''])('nothing is close to %j', (typed) => {
  expect(nearest(typed, known)).toBeUndefined();
});
