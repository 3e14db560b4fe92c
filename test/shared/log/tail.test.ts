import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { LogPlace } from '../../../src/shared/log/log-place.js';
import { readTail, type LogTail, type TailRequest } from '../../../src/shared/log/tail.js';
import { temporaryDir } from '../../support/gateway.js';

const today = new Date(2026, 0, 2, 12);
const whole = { limit: 500, maxBytes: 250_000 };

interface Log {
  readonly path: string;
  tail(request?: Partial<TailRequest>): LogTail;
}

function log(text?: string, name = 'pllan-2026-01-02.log'): Log & { readonly place: LogPlace } {
  const place = { dir: temporaryDir(), configured: null };
  const path = join(place.dir, name);
  if (text !== undefined) writeFileSync(path, text);
  return { place, path, tail: (request) => readTail(place, { ...whole, ...request }, today) };
}

it('without a cursor gives the last lines of the file', () => {
  const { path, tail } = log('one\ntwo\nthree\n');
  expect(tail({ limit: 2 })).toEqual({
    file: path,
    cursor: 14,
    size: 14,
    lines: ['two', 'three'],
    truncated: false,
    reset: false,
  });
});

it('with a cursor gives what came after it', () => {
  const { path, tail } = log('one\n');
  const { cursor } = tail();
  expect(tail({ cursor }).lines).toEqual([]);
  appendFileSync(path, 'two\nthree\n');
  expect(tail({ cursor })).toMatchObject({ lines: ['two', 'three'], cursor: 14, reset: false });
});

it('leaves a line that is being written for the next time', () => {
  const { path, tail } = log('one\ntw');
  expect(tail()).toMatchObject({ lines: ['one'], cursor: 4, size: 6 });
  expect(tail({ cursor: 4 })).toMatchObject({ lines: [], cursor: 4 });
  appendFileSync(path, 'o\n');
  expect(tail({ cursor: 4 })).toMatchObject({ lines: ['two'], cursor: 8 });
});

it('loses no line when there are more than the limit', () => {
  const { tail } = log('\u00fc1\n\ufffd2\n3\n4\n5\n');
  const first = tail({ cursor: 0, limit: 2 });
  const second = tail({ cursor: first.cursor, limit: 2 });
  const third = tail({ cursor: second.cursor, limit: 2 });
  expect([first, second, third].map(({ lines }) => lines)).toEqual([
    ['\u00fc1', '\ufffd2'],
    ['3', '4'],
    ['5'],
  ]);
});

it('counts bytes, also of text that is none', () => {
  const { path, tail } = log();
  writeFileSync(path, Buffer.from([0xff, 0xfe, 0x0a, 0x41, 0x0a]));
  expect(tail({ cursor: 0, limit: 1 }).cursor).toBe(3);
  expect(tail({ cursor: 3 }).lines).toEqual(['A']);
});

it('drops the part of a line where it begins in the middle of a file', () => {
  const { tail } = log('one\ntwo\nthree\n');
  expect(tail({ maxBytes: 8 })).toMatchObject({ lines: ['three'], truncated: true });
  expect(tail({ maxBytes: 10 })).toMatchObject({ lines: ['two', 'three'], truncated: true });
  expect(tail({ cursor: 5 }).lines).toEqual(['three']);
});

it('skips what is too far behind, and says how much', () => {
  const { tail } = log('one\ntwo\nthree\nfour\n');
  expect(tail({ cursor: 4, maxBytes: 12 })).toMatchObject({
    lines: ['three', 'four'],
    truncated: true,
    reset: false,
    skippedBytes: 4,
    cursor: 19,
  });
});

it('gets past a line that is longer than what may be read', () => {
  const { path, tail } = log('x'.repeat(100));
  const stuck = tail({ cursor: 0, maxBytes: 20 });
  expect(stuck).toMatchObject({ lines: [], truncated: true, cursor: 100 });
  appendFileSync(path, 'xx\nnext\n');
  expect(tail({ cursor: stuck.cursor }).lines).toEqual(['next']);
});

it('begins anew with another file, after what the one before had left', () => {
  const { path, tail } = log('one\ntwo\n');
  const { cursor } = tail();
  appendFileSync(path, 'three\n');
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'four\n');
  expect(tail({ cursor })).toEqual({
    file: path,
    cursor: 5,
    size: 5,
    lines: ['three', 'four'],
    truncated: false,
    reset: true,
  });
  const first = tail({ cursor, limit: 1 });
  expect(first).toMatchObject({ lines: ['three'], cursor: 0 });
  expect(tail({ cursor: first.cursor }).lines).toEqual(['four']);
});

it('of a file that was moved aside says when not all of its end is given', () => {
  const { path, tail } = log('one\n');
  const { cursor } = tail();
  appendFileSync(path, 'two\nthree\nfour\n');
  renameSync(path, `${path}.1`);
  writeFileSync(path, '');
  expect(tail({ cursor })).toMatchObject({ lines: ['two', 'three', 'four'], truncated: false, reset: true });
  expect(tail({ cursor, limit: 2 })).toMatchObject({ lines: ['three', 'four'], truncated: true });
  expect(tail({ cursor, maxBytes: 6 })).toMatchObject({ lines: ['four'], truncated: true });
});

it('begins anew with the file of another day', () => {
  const { path, place } = log('one\ntwo\n', 'pllan-2026-01-01.log');
  const early = readTail(place, whole, today);
  expect(early).toMatchObject({ file: path, lines: ['one', 'two'] });
  appendFileSync(path, 'three\n');
  writeFileSync(join(place.dir, 'pllan-2026-01-02.log'), 'four\n');
  expect(readTail(place, { ...whole, cursor: early.cursor }, today)).toMatchObject({
    file: join(place.dir, 'pllan-2026-01-02.log'),
    lines: ['three', 'four'],
    reset: true,
  });
});

it('finds nothing where there is nothing', () => {
  const { path, tail } = log();
  const nothing = { file: path, cursor: 0, size: 0, lines: [], truncated: false };
  expect(tail()).toEqual({ ...nothing, reset: false });
  expect(tail({ cursor: 7 })).toEqual({ ...nothing, reset: true });
});

it('looks at the configured file alone', () => {
  const { place } = log('one\n', 'pllan-2026-01-01.log');
  const configured = join(place.dir, 'own.log');
  expect(readTail({ ...place, configured }, whole, today)).toMatchObject({ file: configured, lines: [] });
  writeFileSync(configured, 'own\n');
  expect(readTail({ ...place, configured }, whole, today).lines).toEqual(['own']);
});
