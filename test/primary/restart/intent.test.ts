import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { takeIntent } from '../../../src/primary/restart/intent.js';
import { createLogger } from '../../../src/shared/log/logger.js';
import { temporaryDir } from '../../support/gateway.js';

const NOW = 1_760_000_000_000;
const log = createLogger({ sink: { write: () => {} }, level: 'info', subsystem: 'test' });

function left(content: string): string {
  const file = join(temporaryDir(), 'gateway-restart-intent.json');
  writeFileSync(file, content);
  return file;
}

it('counts once', () => {
  const file = left(JSON.stringify({ kind: 'gateway-restart', pid: 7, createdAt: NOW - 60_000 }));
  expect([takeIntent(file, 7, NOW, log), takeIntent(file, 7, NOW, log)]).toEqual([
    { force: false },
    undefined,
  ]);
});

it('says that nothing is to be waited for', () => {
  const file = left(JSON.stringify({ pid: 7, createdAt: NOW, force: true }));
  expect(takeIntent(file, 7, NOW, log)).toEqual({ force: true });
});

it.each([
  ['for another process', JSON.stringify({ pid: 8, createdAt: NOW })],
  ['too old', JSON.stringify({ pid: 7, createdAt: NOW - 60_001 })],
  ['of a clock that was set back since', JSON.stringify({ pid: 7, createdAt: NOW + 60_001 })],
  ['without a time', JSON.stringify({ pid: 7 })],
  ['not JSON', '{"pid":7'],
  ['no object', '7'],
  ['too large', JSON.stringify({ pid: 7, createdAt: NOW, more: 'x'.repeat(2_000) })],
])('is no intent %s, and is gone all the same', (_what, content) => {
  const file = left(content);
  expect(takeIntent(file, 7, NOW, log)).toBeUndefined();
  expect(existsSync(file)).toBe(false);
});

it('is none where something else is in its place', () => {
  const file = join(temporaryDir(), 'gateway-restart-intent.json');
  mkdirSync(file);
  expect(takeIntent(file, 7, NOW, log)).toBeUndefined();
});
