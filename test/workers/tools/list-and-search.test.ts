/** list and search in a workspace. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { testWorkspace, type TestWorkspace } from './support/call.js';

let workspace: TestWorkspace;
beforeEach(() => {
  workspace = testWorkspace();
});

describe('list', () => {
  test('names what is in a folder', async () => {
    workspace.put('b.txt', '');
    workspace.put('a/inner.txt', '');
    workspace.put('.hidden', '');
    symlinkSync('b.txt', workspace.path('link'));
    expect(await workspace.text('list', {})).toBe('.hidden\na/\nb.txt\nlink@');
    expect(await workspace.text('list', { path: 'a' })).toBe('inner.txt');
  });

  test('goes down as many levels as it is asked to', async () => {
    workspace.put('a/b/c/d.txt', '');
    expect(await workspace.text('list', { depth: 2 })).toBe('a/\na/b/');
    expect(await workspace.text('list', { depth: 9 })).toBe('a/\na/b/\na/b/c/\na/b/c/d.txt');
  });

  test('says when there is more', async () => {
    for (const name of ['a', 'b', 'c']) workspace.put(name, '');
    const { content, details } = await workspace.call('list', { limit: 2 });
    expect(content).toEqual([{ type: 'text', text: 'a\nb\n[only the first 2 entries]' }]);
    expect(details).toEqual({ path: '.', entries: ['a', 'b'], more: true });
    expect(await workspace.text('list', { limit: 3 })).toBe('a\nb\nc');
  });

  test('says what is no folder, empty or not there', async () => {
    workspace.put('file', '');
    mkdirSync(workspace.path('empty'));
    expect(await workspace.text('list', { path: 'empty' })).toBe('[empty is empty]');
    expect(await workspace.refusal('list', { path: 'file' })).toBe('file is not a folder');
    expect(await workspace.refusal('list', { path: 'none' })).toBe('none does not exist');
    expect(await workspace.refusal('list', { path: 'none/none' })).toBe('none/none does not exist');
  });
});

describe('search', () => {
  test('gives path, line and text of what matches', async () => {
    workspace.put('a.txt', 'one\ntwo three\nthree\n');
    workspace.put('b/c.txt', 'Three\n  three  \r\n');
    const { content, details } = await workspace.call('search', { pattern: 'thr[e]{2}$' });
    expect(content).toEqual([{ type: 'text', text: 'a.txt:2: two three\na.txt:3: three' }]);
    expect(details).toEqual({
      matches: [
        { path: 'a.txt', line: 2, text: 'two three' },
        { path: 'a.txt', line: 3, text: 'three' },
      ],
      files: 2,
      passedOver: 0,
      more: false,
    });
    expect(await workspace.text('search', { pattern: '^three', ignoreCase: true })).toBe(
      'a.txt:3: three\nb/c.txt:1: Three',
    );
    expect(await workspace.text('search', { pattern: 'four' })).toBe('[no match in 2 files]');
  });

  test('looks in one folder, or one file', async () => {
    workspace.put('a.txt', 'x');
    workspace.put('b/c.txt', 'x');
    workspace.put('b/d.txt', 'x');
    expect(await workspace.text('search', { pattern: 'x', path: 'b' })).toBe('b/c.txt:1: x\nb/d.txt:1: x');
    expect(await workspace.text('search', { pattern: 'x', path: 'b/d.txt' })).toBe('b/d.txt:1: x');
    expect(await workspace.refusal('search', { pattern: 'x', path: 'none' })).toBe('none does not exist');
  });

  test.each([
    ['*.ts', ['a.ts', 'src/b.ts', 'src/deep/c.ts']],
    ['b.*', ['src/b.ts', 'src/b.tsx']],
    ['src/*.ts', ['src/b.ts']],
    ['src/**/*.ts', ['src/b.ts', 'src/deep/c.ts']],
    ['**/*.{tsx,md}', ['(1).md', 'src/b.tsx']],
    ['[a(]*', ['(1).md', 'a.ts']],
    ['?.ts', ['a.ts', 'src/b.ts', 'src/deep/c.ts']],
    ['src/[!a-c].ts', []],
    ['(1).md', ['(1).md']],
    ['./a.ts', ['a.ts']],
    ['**', ['(1).md', 'a.ts', 'src/b.ts', 'src/b.tsx', 'src/deep/c.ts']],
    ['*.ts|a', []],
    ['{a.ts', ['a.ts']],
  ])('takes only files like %s', async (glob, files) => {
    for (const name of ['a.ts', 'src/b.ts', 'src/b.tsx', 'src/deep/c.ts', '(1).md']) workspace.put(name, 'x');
    const { details } = await workspace.call('search', { pattern: 'x', glob });
    const { matches } = details as { matches: { path: string }[] };
    expect(matches.map(({ path }) => path)).toEqual(files);
  });

  test('leaves out what nobody wrote by hand, and passes over what is no text', async () => {
    workspace.put('.git/config', 'x');
    workspace.put('node_modules/a/index.js', 'x');
    workspace.put('src/node_modules/b.js', 'x');
    workspace.put('binary', Buffer.from('x\0x'));
    workspace.put('large', Buffer.alloc(8 * 1024 * 1024 + 1, 'x'));
    workspace.put('text', 'x');
    expect(await workspace.text('search', { pattern: 'x' })).toBe(
      'text:1: x\n[2 files passed over: binary, too large or not readable]',
    );
    expect(await workspace.text('search', { pattern: 'x', path: 'node_modules' })).toBe(
      'node_modules/a/index.js:1: x',
    );
  });

  test('gives so many matches, and so much of a line', async () => {
    workspace.put('a', 'x\n'.repeat(1_000));
    const text = await workspace.text('search', { pattern: 'x' });
    expect(text.split('\n')).toHaveLength(101);
    expect(text).toContain('a:100: x\n[there is more: narrow it down]');
    workspace.put('a', `${'y'.repeat(1_000)}x`);
    expect(await workspace.text('search', { pattern: 'x' })).toBe(`a:1: ${'y'.repeat(400)}…`);
  });

  test('takes expressions that are not quite right, and says which are wrong', async () => {
    workspace.put('a', 'a-b "c"');
    expect(await workspace.text('search', { pattern: String.raw`a\-b \"c\"` })).toContain('a:1:');
    expect(await workspace.refusal('search', { pattern: '(' })).toBe('pattern is not a regular expression');
  });
});
