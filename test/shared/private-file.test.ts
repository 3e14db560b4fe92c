import {
  chownSync,
  closeSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  createPrivateFile,
  makePrivateDir,
  openToAppend,
  removeOldTemporaries,
  writePrivateFile,
} from '../../src/shared/private-file.js';
import { temporaryDir } from '../support/gateway.js';

test('a private file is replaced as a whole, readable by its owner only, and leaves nothing beside it', () => {
  const dir = temporaryDir();
  const path = join(dir, 'secret');
  writePrivateFile(path, 'one');
  writePrivateFile(path, 'two');
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(['secret']);
});

test('a file that is replaced stays its owner’s, whoever writes it', () => {
  const path = join(temporaryDir(), 'secret');
  writePrivateFile(path, 'one');
  // Only root can give a file away.
  const { uid, gid } = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : statSync(path);
  chownSync(path, uid, gid);
  writePrivateFile(path, 'two');
  expect(statSync(path)).toMatchObject({ uid, gid, mode: 0o100600 });
});

test('what is made in a folder is for whom the folder is, whoever makes it', () => {
  const dir = temporaryDir();
  const { uid, gid } = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_533 } : statSync(dir);
  chownSync(dir, uid, gid);
  makePrivateDir(join(dir, 'a', 'b'));
  writePrivateFile(join(dir, 'a', 'b', 'written'), 'one');
  createPrivateFile(join(dir, 'a', 'created'), 'one');
  closeSync(openToAppend(join(dir, 'a', 'grown')));
  for (const name of ['a', 'a/b', 'a/b/written', 'a/created', 'a/grown'])
    expect([name, statSync(join(dir, name))]).toEqual([name, expect.objectContaining({ uid, gid })]);
});

test('what a link leads to is given to nobody', () => {
  const [dir, elsewhere] = [temporaryDir(), temporaryDir()];
  // Only root can give a file away.
  if (process.getuid?.() === 0) chownSync(dir, 65_534, 65_533);
  symlinkSync(join(elsewhere, 'made'), join(dir, 'log'));
  closeSync(openToAppend(join(dir, 'log')));
  expect(statSync(join(elsewhere, 'made')).uid).toBe(process.getuid?.() ?? 0);
});

test('a file that is created does not replace one that is there', () => {
  const dir = temporaryDir();
  const path = join(dir, 'secret');
  expect(createPrivateFile(path, 'one')).toBe(true);
  expect(createPrivateFile(path, 'two')).toBe(false);
  expect(readFileSync(path, 'utf8')).toBe('one');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(['secret']);
});

test('what cannot be written is an error, and leaves nothing behind', () => {
  const dir = temporaryDir();
  mkdirSync(join(dir, 'taken'));
  expect(() => writePrivateFile(join(dir, 'taken'), 'x')).toThrow();
  expect(() => writePrivateFile(join(dir, 'no-such-folder', 'x'), 'x')).toThrow('ENOENT');
  expect(readdirSync(dir)).toEqual(['taken']);
});

test('what a writer left behind is removed when it is old, and nothing else', () => {
  const dir = temporaryDir();
  const names = [
    'a.json.12-0123abcd.tmp',
    'b.json.bak.7-0123abcd.tmp',
    'c.json.9-0123abcd.tmp',
    'd.tmp',
    'e.json',
  ];
  for (const name of names) writePrivateFile(join(dir, name), '');
  const hourAgo = Date.now() / 1_000 - 3_600;
  for (const name of names.filter((one) => !one.startsWith('c')))
    utimesSync(join(dir, name), hourAgo, hourAgo);
  removeOldTemporaries(dir, Date.now() - 60_000);
  expect(readdirSync(dir).toSorted()).toEqual(['c.json.9-0123abcd.tmp', 'd.tmp', 'e.json']);
  removeOldTemporaries(join(dir, 'none'), Date.now());
});

test('a folder is made with what is missing above it, for its owner only', () => {
  const dir = temporaryDir();
  const path = join(dir, 'a', 'b');
  makePrivateDir(path);
  makePrivateDir(path);
  expect([join(dir, 'a'), path].map((name) => statSync(name).mode & 0o777)).toEqual([0o700, 0o700]);
});

test.runIf(process.platform === 'linux')('a folder that cannot be made is an error', () => {
  expect(() => makePrivateDir('/proc/no-such/identity')).toThrow('ENOENT');
  const file = join(temporaryDir(), 'file');
  writePrivateFile(file, '');
  expect(() => makePrivateDir(join(file, 'x'))).toThrow('ENOTDIR');
});
