/** No tool leaves the workspace. */
import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { ToolInputError } from '../../../src/workers/threads/tools/tool.js';
import { whileSwapped } from '../../support/swapped-folder.js';
import { SECRET, testWorkspace, type TestWorkspace } from './support/call.js';

let workspace: TestWorkspace;
beforeEach(() => {
  workspace = testWorkspace();
  workspace.put('inside.txt', 'inside');
});

/** Whatever was tried, what is outside is as it was. */
afterEach(() => {
  expect(readdirSync(workspace.outside)).toEqual(['secret.txt']);
  expect(readFileSync(join(workspace.outside, 'secret.txt'), 'utf8')).toBe(SECRET);
});

const addTo = (path: string): string => `*** Begin Patch\n*** Add File: ${path}\n+x\n*** End Patch`;
const updateOf = (path: string): string =>
  `*** Begin Patch\n*** Update File: ${path}\n@@\n-${SECRET}\n+x\n*** End Patch`;
const deleteOf = (path: string): string => `*** Begin Patch\n*** Delete File: ${path}\n*** End Patch`;
const moveTo = (path: string): string =>
  `*** Begin Patch\n*** Update File: inside.txt\n*** Move to: ${path}\n@@\n-inside\n+x\n*** End Patch`;

/** Everything that could be done with a path of a file. */
const attempts: readonly (readonly [string, (path: string) => object])[] = [
  ['read', (path) => ({ path })],
  ['write', (path) => ({ path, content: 'x' })],
  ['edit', (path) => ({ path, oldText: 'of', newText: 'x' })],
  ['list', (path) => ({ path })],
  ['search', (path) => ({ path, pattern: '.' })],
  ['apply_patch', (path) => ({ input: addTo(path) })],
  ['apply_patch', (path) => ({ input: updateOf(path) })],
  ['apply_patch', (path) => ({ input: deleteOf(path) })],
  ['apply_patch', (path) => ({ input: moveTo(path) })],
];

async function refusals(path: string): Promise<string[]> {
  const said: string[] = [];
  for (const [name, args] of attempts) said.push(await workspace.refusal(name, args(path)));
  return [...new Set(said)];
}

describe('what is outside', () => {
  test.each([
    '../outside/secret.txt',
    '../outside',
    '..',
    '../workspace-of-another/file',
    './a/../../outside/secret.txt',
    'a/b/../../../outside/secret.txt',
    '/etc/passwd',
    '/',
    '//etc/passwd',
    '/proc/self/environ',
    '/proc/self/root/etc/passwd',
    '/proc/self/cwd/package.json',
    '/dev/zero',
    '/dev/stdin',
  ])('%s is refused', async (path) => {
    expect(await refusals(path)).toEqual([`${path} is outside of the workspace`]);
  });

  test('is refused by the absolute path too', async () => {
    const path = join(workspace.outside, 'secret.txt');
    expect(await refusals(path)).toEqual([`${path} is outside of the workspace`]);
  });

  test('is not told from what is not there', async () => {
    expect(await refusals('../none/none')).toEqual(['../none/none is outside of the workspace']);
  });

  test('a folder whose name begins as the workspace’s does is outside', async () => {
    const beside = `${workspace.dir}-beside`;
    mkdirSync(beside);
    writeFileSync(join(beside, 'file'), 'beside');
    expect(await refusals(`${beside}/file`)).toEqual([`${beside}/file is outside of the workspace`]);
    expect(await refusals('../workspace-beside/file')).toEqual([
      '../workspace-beside/file is outside of the workspace',
    ]);
  });

  test('a name that begins with dots is inside', async () => {
    await workspace.call('write', { path: '..name/...', content: 'x' });
    expect(workspace.file('..name/...')).toBe('x');
  });

  test('a path with NUL is refused', async () => {
    expect(await refusals('inside.txt\0/../../outside/secret.txt')).toEqual([
      'the path contains a NUL character',
    ]);
  });

  test('a path that is too long is refused', async () => {
    const deep = 'a/'.repeat(2_048);
    expect(await refusals(deep)).toEqual([`${deep.slice(0, 200)}…: the path is too long`]);
    expect(await workspace.refusal('read', { path: 'x'.repeat(300) })).toMatch(/: the path is too long$/);
  });
});

describe('a link', () => {
  test('to a file outside is refused', async () => {
    symlinkSync(join(workspace.outside, 'secret.txt'), workspace.path('link'));
    symlinkSync('../outside/secret.txt', workspace.path('relative'));
    expect(await refusals('link')).toEqual(['link is outside of the workspace']);
    expect(await refusals('relative')).toEqual(['relative is outside of the workspace']);
  });

  test('to a folder outside is refused, and all in it', async () => {
    symlinkSync(workspace.outside, workspace.path('link'));
    for (const path of ['link', 'link/secret.txt', 'link/new.txt', 'link/new/new.txt'])
      expect(await refusals(path)).toEqual([`${path} is outside of the workspace`]);
  });

  test('to the root through /proc is refused', async () => {
    symlinkSync('/proc/self/root', workspace.path('root'));
    symlinkSync('/proc/self/cwd', workspace.path('cwd'));
    expect(await refusals('root/etc/passwd')).toEqual(['root/etc/passwd is outside of the workspace']);
    expect(await refusals('cwd/package.json')).toEqual(['cwd/package.json is outside of the workspace']);
    expect(await refusals(`root${workspace.outside}/secret.txt`)).toEqual([
      `root${workspace.outside}/secret.txt is outside of the workspace`,
    ]);
  });

  test('to nothing is refused: what is made through it would be outside', async () => {
    symlinkSync(join(workspace.outside, 'new.txt'), workspace.path('link'));
    expect(await refusals('link')).toEqual(['link is a link to nothing']);
  });

  test('to itself is refused', async () => {
    symlinkSync('loop', workspace.path('loop'));
    expect(await refusals('loop')).toEqual(['loop: a circle of links']);
  });

  test('that is made between two calls is seen', async () => {
    workspace.put('folder/file.txt', 'mine');
    expect(await workspace.text('read', { path: 'folder/file.txt' })).toBe('mine');
    rmSync(workspace.path('folder'), { recursive: true });
    symlinkSync(workspace.outside, workspace.path('folder'));
    expect(await refusals('folder/secret.txt')).toEqual(['folder/secret.txt is outside of the workspace']);
  });

  test('within the workspace leads to what it names', async () => {
    workspace.put('folder/file.txt', 'mine');
    symlinkSync('folder', workspace.path('link'));
    expect(await workspace.text('read', { path: 'link/file.txt' })).toBe('mine');
    await workspace.call('write', { path: 'link/new.txt', content: 'x' });
    expect(workspace.file('folder/new.txt')).toBe('x');
  });

  test('is neither moved nor removed by a patch', async () => {
    symlinkSync('inside.txt', workspace.path('link'));
    expect(await workspace.refusal('apply_patch', { input: deleteOf('link') })).toBe('link is a link');
    expect(workspace.files()).toEqual(['inside.txt', 'link']);
  });

  test('is listed, and not gone into', async () => {
    symlinkSync(workspace.outside, workspace.path('link'));
    symlinkSync('.', workspace.path('self'));
    expect(await workspace.text('list', { depth: 5 })).toBe('inside.txt\nlink@\nself@');
    expect(await workspace.text('search', { pattern: 'nobody|inside' })).toBe('inside.txt:1: inside');
  });

  test('may be the workspace itself', async () => {
    const { dir } = workspace;
    renameSync(dir, `${dir}-real`);
    symlinkSync(`${dir}-real`, dir);
    expect(await workspace.text('read', { path: 'inside.txt' })).toBe('inside');
    expect(await workspace.text('read', { path: join(dir, 'inside.txt') })).toBe('inside');
    expect(await workspace.text('read', { path: join(`${dir}-real`, 'inside.txt') })).toBe('inside');
    expect(await refusals('../outside/secret.txt')).toEqual([
      '../outside/secret.txt is outside of the workspace',
    ]);
  });
});

test('a hard link is a file of the workspace; writing parts it from its other name', async () => {
  linkSync(join(workspace.outside, 'secret.txt'), workspace.path('hard'));
  await workspace.call('write', { path: 'hard', content: 'x' });
  await workspace.call('edit', { path: 'hard', oldText: 'x', newText: 'y' });
  expect(workspace.file('hard')).toBe('y');
});

describe('what is no regular file', () => {
  test('a FIFO is not waited for', async () => {
    execFileSync('mkfifo', [workspace.path('fifo')]);
    expect(await workspace.refusal('read', { path: 'fifo' })).toBe('fifo is not a regular file');
    expect(await workspace.refusal('write', { path: 'fifo', content: 'x' })).toBe(
      'fifo is not a regular file',
    );
    expect(await workspace.refusal('edit', { path: 'fifo', oldText: 'a', newText: 'x' })).toBe(
      'fifo is not a regular file',
    );
    expect(await workspace.refusal('apply_patch', { input: deleteOf('fifo') })).toBe(
      'fifo is not a regular file',
    );
    expect(await workspace.text('search', { pattern: 'inside' })).toBe('inside.txt:1: inside');
    expect(await workspace.text('list', {})).toBe('fifo\ninside.txt');
  });

  test('a socket is not read', async () => {
    const server = createServer().listen(workspace.path('socket'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => {
      server.once('listening', resolve);
    });
    expect(await workspace.refusal('read', { path: 'socket' })).toBe('socket is not a regular file');
  });
});

test('a folder that is exchanged for a link meanwhile leads nowhere else', async () => {
  const tried: readonly (readonly [string, object])[] = [
    ['read', { path: 'swapped/secret.txt' }],
    ['list', { path: 'swapped' }],
    ['search', { path: 'swapped', pattern: '.' }],
    ['write', { path: 'swapped/secret.txt', content: 'x' }],
    ['write', { path: 'swapped/new/new.txt', content: 'x' }],
    ['apply_patch', { input: addTo('swapped/added.txt') }],
  ];
  const said = new Set<string>();
  await whileSwapped(workspace.dir, workspace.outside, async () => {
    // On a busy machine a round may take long: fewer are enough then.
    const end = performance.now() + 5_000;
    for (let n = 0; n < 300 && (n < 10 || performance.now() < end); n += 1) {
      for (const [name, args] of tried) {
        const result = workspace.text(name, args).catch((caught: unknown) => {
          if (caught instanceof ToolInputError) return 'refused';
          throw caught;
        });
        said.add(await result);
      }
    }
  });
  expect([...said].filter((text) => text.includes('nobody'))).toEqual([]);
});
