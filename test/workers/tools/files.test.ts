/** read, write and edit in a workspace. */
import { chmodSync, mkdirSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { png } from '../../support/images.js';
import { caller, testWorkspace, type TestWorkspace } from './support/call.js';

let workspace: TestWorkspace;
beforeEach(() => {
  workspace = testWorkspace();
});

test('read gives a file as it is', async () => {
  workspace.put('a/b.txt', 'one\r\ntwo\n\n  three');
  expect(await workspace.text('read', { path: 'a/b.txt' })).toBe('one\r\ntwo\n\n  three');
  expect(await workspace.text('read', { path: workspace.path('a/b.txt') })).toBe('one\r\ntwo\n\n  three');
});

test('read gives the lines that are asked for, and says where to go on', async () => {
  workspace.put('lines.txt', 'a\nb\nc\nd\ne\n');
  const part = await workspace.call('read', { path: 'lines.txt', offset: 2, limit: 2 });
  expect(part.content).toEqual([{ type: 'text', text: 'b\nc\n[there is more: go on with offset 4]' }]);
  expect(part.details).toMatchObject({ firstLine: 2, lines: 2, more: true });
  expect(await workspace.text('read', { path: 'lines.txt', offset: 4, limit: 2 })).toBe('d\ne');
  expect(await workspace.text('read', { path: 'lines.txt', offset: null })).toBe('a\nb\nc\nd\ne');
  expect(await workspace.refusal('read', { path: 'lines.txt', offset: 6 })).toBe(
    'lines.txt has no line 6: it has 5',
  );
});

test('read gives so much at once and no more', async () => {
  workspace.put('long.txt', Array.from({ length: 5_000 }, (_, n) => `line ${n + 1}`).join('\n'));
  const many = await workspace.text('read', { path: 'long.txt', limit: 2_000 });
  expect(many.split('\n')).toHaveLength(2_001);
  expect(many).toContain('line 2000\n[there is more: go on with offset 2001]');
  workspace.put('wide.txt', `${'x'.repeat(40_000)}\n${'y'.repeat(40_000)}\n${'z'.repeat(400_000)}\nend`);
  expect(await workspace.text('read', { path: 'wide.txt' })).toBe(
    `${'x'.repeat(40_000)}\n[there is more: go on with offset 2]`,
  );
  expect(await workspace.text('read', { path: 'wide.txt', offset: 3 })).toBe(
    `${'z'.repeat(50_000)}\n[line 3 is longer than shown; there is more: go on with offset 4]`,
  );
  expect(await workspace.text('read', { path: 'wide.txt', offset: 4 })).toBe('end');
});

test('read puts characters together that stand across its pieces', async () => {
  const text = `${'x'.repeat(65_535)}\n${'x'.repeat(9)}ü€😀\n`;
  for (const shift of [0, 1, 2, 3]) {
    workspace.put('utf8.txt', 'a'.repeat(shift) + text.replace('\n', '😀\n'));
    expect(await workspace.text('read', { path: 'utf8.txt', offset: 2 })).toBe(`${'x'.repeat(9)}ü€😀`);
  }
});

test('read says that a file is empty, binary or not there', async () => {
  workspace.put('empty', '');
  workspace.put('binary', Buffer.from([1, 2, 0, 3]));
  mkdirSync(workspace.path('folder'));
  expect(await workspace.text('read', { path: 'empty' })).toBe('[the file is empty]');
  expect(await workspace.refusal('read', { path: 'binary' })).toBe('binary is a binary file');
  expect(await workspace.refusal('read', { path: 'folder' })).toBe('folder is a folder');
  expect(await workspace.refusal('read', { path: '.' })).toBe('. is a folder');
  expect(await workspace.refusal('read', { path: 'none' })).toBe('none does not exist');
  expect(await workspace.refusal('read', { path: 'none/a/b' })).toBe('none/a/b does not exist');
  expect(await workspace.refusal('read', { path: 'empty/a' })).toBe('empty/a: a part of it is not a folder');
});

test('read does not look through files of any size', async () => {
  writeFileSync(workspace.path('huge'), 'x');
  truncateSync(workspace.path('huge'), 1_000_000_000);
  expect(await workspace.refusal('read', { path: 'huge' })).toBe('huge is a binary file');
  workspace.put('long', `${'x'.repeat(9_000)}\n`);
  truncateSync(workspace.path('long'), 1_000_000_000);
  expect(await workspace.refusal('read', { path: 'long', offset: 1_000 })).toBe(
    'long is too large: only its first 67108864 bytes can be read',
  );
});

test('read shows images', async () => {
  const image = png(2_000);
  workspace.put('image.txt', image);
  const { content, details } = await workspace.call('read', { path: 'image.txt' });
  expect(content).toEqual([
    { type: 'text', text: 'image.txt: image/png, 2000 bytes' },
    { type: 'image', mimeType: 'image/png', data: image.toString('base64') },
  ]);
  expect(details).toEqual({ path: 'image.txt', mimeType: 'image/png', bytes: 2_000 });
  workspace.put('large.png', png(5 * 1024 * 1024 + 1));
  expect(await workspace.refusal('read', { path: 'large.png' })).toBe(
    'large.png is an image larger than 5242880 bytes',
  );
});

test('write makes a file and the folders above it, or replaces it', async () => {
  expect(await workspace.text('write', { path: 'a/b/c.txt', content: 'é' })).toBe('Made a/b/c.txt, 2 bytes.');
  expect(await workspace.text('write', { path: 'a/b/c.txt', content: '' })).toBe(
    'Replaced a/b/c.txt, 0 bytes.',
  );
  expect(workspace.file('a/b/c.txt')).toBe('');
  expect(workspace.files()).toEqual(['a/b/c.txt']);
});

test('write keeps the mode of what it replaces, and links to it', async () => {
  workspace.put('bin/run.sh', 'old');
  chmodSync(workspace.path('bin/run.sh'), 0o750);
  symlinkSync('bin/run.sh', workspace.path('run'));
  await workspace.text('write', { path: 'run', content: 'new' });
  expect(workspace.file('bin/run.sh')).toBe('new');
  expect(statSync(workspace.path('bin/run.sh')).mode & 0o777).toBe(0o750);
  expect(workspace.files()).toEqual(['bin/run.sh', 'run']);
});

test('write does not take the place of a folder', async () => {
  mkdirSync(workspace.path('folder'));
  workspace.put('file', '');
  expect(await workspace.refusal('write', { path: 'folder', content: '' })).toBe('folder is a folder');
  expect(await workspace.refusal('write', { path: '.', content: '' })).toBe('. is a folder');
  expect(await workspace.refusal('write', { path: 'file/x', content: '' })).toBe(
    'file/x: a part of it is not a folder',
  );
});

test('write has a limit', async () => {
  const content = 'x'.repeat(8 * 1024 * 1024 + 1);
  expect(await workspace.refusal('write', { path: 'a', content })).toBe(
    'invalid arguments for write: at /content: must have at most 8388608 characters',
  );
  const wide = '€'.repeat(3 * 1024 * 1024);
  expect(await workspace.refusal('write', { path: 'a', content: wide })).toBe(
    'content is larger than 8388608 bytes',
  );
  expect(workspace.files()).toEqual([]);
});

test('the workspace is made when it is needed, for its owner only', async () => {
  const dir = workspace.path('not/yet');
  const { call, text } = caller({ workspace: dir });
  expect(await text('list', {})).toBe('[. is empty]');
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  await call('write', { path: 'a', content: 'x' });
  expect(workspace.file('not/yet/a')).toBe('x');
});

test('edit replaces what is there once', async () => {
  workspace.put('a.txt', 'one\ntwo $& two\nthree\n');
  const args = { path: 'a.txt', oldText: 'three', newText: "$& $1 $' drei" };
  expect(await workspace.text('edit', args)).toBe('Changed a.txt: 1 place, line 3.');
  expect(workspace.file('a.txt')).toBe("one\ntwo $& two\n$& $1 $' drei\n");
});

test('edit changes nothing when it is not clear where', async () => {
  workspace.put('a.txt', 'two two\ntwo');
  expect(await workspace.refusal('edit', { path: 'a.txt', oldText: 'two', newText: 'x' })).toBe(
    'oldText is in a.txt 3 times: give more of what is around it, or set all',
  );
  expect(await workspace.refusal('edit', { path: 'a.txt', oldText: 'Two', newText: 'x' })).toBe(
    'oldText is not in a.txt',
  );
  expect(await workspace.refusal('edit', { path: 'a.txt', oldText: 'two', newText: 'two' })).toBe(
    'oldText and newText are the same',
  );
  expect(await workspace.refusal('edit', { path: 'a.txt', oldText: '', newText: 'x' })).toBe(
    'invalid arguments for edit: at /oldText: must not be empty',
  );
  expect(await workspace.refusal('edit', { path: 'b.txt', oldText: 'a', newText: 'x' })).toBe(
    'b.txt does not exist',
  );
  expect(workspace.file('a.txt')).toBe('two two\ntwo');
});

test('edit replaces it everywhere when asked to', async () => {
  workspace.put('a.txt', 'aaa a');
  const args = { path: 'a.txt', oldText: 'aa', newText: 'b', all: true };
  expect(await workspace.text('edit', args)).toBe('Changed a.txt: 1 place, line 1.');
  expect(workspace.file('a.txt')).toBe('ba a');
  const again = { path: 'a.txt', oldText: 'a', newText: '', all: true };
  expect(await workspace.text('edit', again)).toBe('Changed a.txt: 2 places, first at line 1.');
  expect(workspace.file('a.txt')).toBe('b ');
});

test('edit keeps line ends, the byte order mark and the mode', async () => {
  workspace.put('a.txt', '\uFEFFone\r\ntwo\r\nthree\r\n');
  chmodSync(workspace.path('a.txt'), 0o600);
  await workspace.call('edit', { path: 'a.txt', oldText: 'one\ntwo', newText: '1\n2' });
  expect(workspace.file('a.txt')).toBe('\uFEFF1\r\n2\r\nthree\r\n');
  expect(statSync(workspace.path('a.txt')).mode & 0o777).toBe(0o600);
});

test('edit leaves files alone that are no text', async () => {
  workspace.put('latin1', Buffer.from('caf\u00E9', 'latin1'));
  expect(await workspace.refusal('edit', { path: 'latin1', oldText: 'caf', newText: 'x' })).toBe(
    'latin1 is not UTF-8 text',
  );
});

test('arguments that do not fit are named', async () => {
  expect(await workspace.refusal('read', {})).toBe(
    "invalid arguments for read: at root: must have required property 'path'",
  );
  expect(await workspace.refusal('read', { path: 'a', lines: 1 })).toBe(
    "invalid arguments for read: at root: unexpected property 'lines'",
  );
  expect(await workspace.refusal('read', { path: 7 })).toBe(
    'invalid arguments for read: at /path: must be string',
  );
  expect(await workspace.refusal('read', 'a')).toBe('invalid arguments for read: at root: must be object');
});
