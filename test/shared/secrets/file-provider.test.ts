import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { secretFileProblem } from '../../../src/shared/secrets/file-safety.js';
import { temporaryDir } from '../../support/gateway.js';
import { resolve, secretFile } from './support.js';

const SECRET = 'the-secret-in-the-file';

/** What the value at `/a` is in a file, with more said of the provider. */
async function read(path: string, more: object = {}, id = '/a'): Promise<string | undefined> {
  const providers = { main: { source: 'file', path, ...more } };
  return (await resolve({ it: { source: 'file', provider: 'main', id } }, { providers })).it;
}

describe('a JSON file', () => {
  const path = secretFile(
    JSON.stringify({
      a: { 'b/c': 'slash', '~': 'tilde', '': 'empty' },
      list: ['zero'],
      number: 5,
      text: 'x',
    }),
  );

  it.each([
    ['/a/b~1c', 'slash'],
    ['/a/~0', 'tilde'],
    ['/a/', 'empty'],
    ['/list/0', 'zero'],
    ['/list/1', 'NOT_FOUND: there is no such value in the file'],
    ['/list/length', 'INVALID_VALUE: the value is not a string'],
    ['/text/0', 'NOT_FOUND: there is no such value in the file'],
    ['/constructor/name', 'NOT_FOUND: there is no such value in the file'],
    ['/number', 'INVALID_VALUE: the value is not a string'],
    ['/a', 'INVALID_VALUE: the value is not a string'],
    ['value', 'NOT_FOUND: id "value" is for files in mode singleValue'],
  ])('has at %s: %s', async (id, expected) => {
    expect(await read(path, {}, id)).toBe(expected);
  });

  it.each([
    ['["x"]', 'INVALID_OUTPUT: the file holds no JSON object'],
    [`{"a": "${SECRET}"`, 'INVALID_OUTPUT: the file is not valid JSON'],
    [Buffer.from([0xff, 0xfe]), 'INVALID_OUTPUT: the file is not UTF-8'],
  ])('%s is none', async (content, expected) => {
    expect(await read(secretFile(content))).toBe(expected);
  });
});

describe('a file in mode singleValue', () => {
  it.each([
    [`${SECRET}\n`, SECRET],
    [`${SECRET}\r\n`, SECRET],
    [`${SECRET}\n\n`, `${SECRET}\n`],
    [`{"a":1}`, `{"a":1}`],
    ['\n', 'INVALID_VALUE: the value is empty'],
  ])('%j is %j', async (content, expected) => {
    expect(await read(secretFile(content), { mode: 'singleValue' }, 'value')).toBe(expected);
  });

  it('has no other id', async () => {
    expect(await read(secretFile(SECRET), { mode: 'singleValue' })).toMatch(
      /^NOT_FOUND: .* the id "value" only$/,
    );
  });
});

describe('a file', () => {
  const content = JSON.stringify({ a: SECRET });

  it.each([0o600, 0o400])('may have mode %o', async (mode) => {
    expect(await read(secretFile(content, mode))).toBe(SECRET);
  });

  it.each([0o640, 0o604, 0o601, 0o620, 0o777])('must not have mode %o', async (mode) => {
    expect(await read(secretFile(content, mode))).toMatch(/^UNSAFE: others than its owner may use the file/);
  });

  // With injected facts: only root could give a file away, and not every test runs as root.
  it('must be its reader’s own', () => {
    expect(secretFileProblem({ mode: 0o100600, uid: 1_000 }, 1_000)).toBeUndefined();
    expect(secretFileProblem({ mode: 0o100600, uid: 0 }, 1_000)).toContain('belongs to user 0, not to 1000');
    expect(secretFileProblem({ mode: 0o100600, uid: 1_000 }, 0)).toContain('belongs to user 1000, not to 0');
  });

  it('must not be in a folder that everybody may write to', async () => {
    const path = secretFile(content);
    chmodSync(dirname(path), 0o777);
    expect(await read(path)).toBe('UNSAFE: everybody may write to its folder (mode 0777)');
    chmodSync(dirname(path), 0o1777);
    expect(await read(path)).toMatch(/^UNSAFE/);
  });

  it('may be a link to one that is safe, from a folder that is', async () => {
    const link = join(temporaryDir(), 'link');
    symlinkSync(secretFile(content), link);
    expect(await read(link)).toBe(SECRET);
    chmodSync(dirname(link), 0o777);
    expect(await read(link)).toMatch(/^UNSAFE: everybody may write/);
    const unsafe = join(temporaryDir(), 'link');
    symlinkSync(secretFile(content, 0o644), unsafe);
    expect(await read(unsafe)).toMatch(/^UNSAFE: others than its owner/);
  });

  it('must be one: no folder, no pipe that nobody writes to', async () => {
    const dir = temporaryDir();
    mkdirSync(join(dir, 'folder'), { mode: 0o700 });
    expect(await read(join(dir, 'folder'))).toBe('UNSAFE: not a regular file');
    execFileSync('mkfifo', ['-m', '600', join(dir, 'pipe')]);
    expect(await read(join(dir, 'pipe'))).toBe('UNSAFE: not a regular file');
    expect(await read('/dev/zero')).toBe('UNSAFE: not a regular file');
  });

  it('must be there', async () => {
    expect(await read('/nowhere/at/all')).toBe('NOT_FOUND: there is no such file');
    const loop = join(temporaryDir(), 'loop');
    symlinkSync(loop, loop);
    expect(await read(loop)).toBe('UNAVAILABLE: the file cannot be read (ELOOP)');
  });

  it('must not be larger than it may be', async () => {
    const path = secretFile(content);
    expect(await read(path, { maxBytes: content.length })).toBe(SECRET);
    expect(await read(path, { maxBytes: content.length - 1 })).toBe(
      `TOO_LARGE: the file has more than ${content.length - 1} bytes`,
    );
  });

  it('is read anew each time, also when another took its place', async () => {
    const path = secretFile(content);
    expect(await read(path)).toBe(SECRET);
    const next = `${path}.next`;
    writeFileSync(next, JSON.stringify({ a: 'another' }), { mode: 0o600 });
    renameSync(next, path);
    expect(await read(path)).toBe('another');
  });
});
