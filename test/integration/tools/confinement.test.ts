/** Tools for files, through a running gateway: whatever is asked for, they do not leave the workspace. */
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { whileSwapped } from '../../support/swapped-folder.js';
import { postInvoke } from '../../support/tool-calls.js';

const SECRET = 'of nobody’s business';
const around = temporaryDir();
const workspace = join(around, 'workspace');
const outside = join(around, 'outside');
let gateway: TestGateway;

beforeAll(async () => {
  mkdirSync(workspace);
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret.txt'), SECRET);
  writeFileSync(join(workspace, 'inside.txt'), 'inside');
  symlinkSync(join(outside, 'secret.txt'), join(workspace, 'file-link'));
  symlinkSync(outside, join(workspace, 'folder-link'));
  symlinkSync(join(outside, 'new.txt'), join(workspace, 'dangling'));
  symlinkSync('/proc/self/root', join(workspace, 'root'));
  gateway = await startGateway({
    config: {
      agents: { defaults: { workspace } },
      tools: { profile: 'coding', deny: ['exec'] },
      gateway: { tools: { allow: ['group:fs'] }, workers: { count: 1 } },
    },
  });
});
afterAll(() => gateway.stop());

/** Whatever was tried, what is outside is as it was. */
afterEach(() => {
  expect(readdirSync(outside)).toEqual(['secret.txt']);
  expect(readFileSync(join(outside, 'secret.txt'), 'utf8')).toBe(SECRET);
});

const patch = (...lines: readonly string[]): object => ({
  input: ['*** Begin Patch', ...lines, '*** End Patch'].join('\n'),
});

/** Everything that can be done with a path. */
const attempts: readonly (readonly [string, (path: string) => object])[] = [
  ['read', (path) => ({ path })],
  ['write', (path) => ({ path, content: 'x' })],
  ['edit', (path) => ({ path, oldText: 'of', newText: 'x' })],
  ['list', (path) => ({ path })],
  ['search', (path) => ({ path, pattern: '.' })],
  ['apply_patch', (path) => patch(`*** Add File: ${path}`, '+x')],
  ['apply_patch', (path) => patch(`*** Update File: ${path}`, '@@', `-${SECRET}`, '+x')],
  ['apply_patch', (path) => patch(`*** Delete File: ${path}`)],
  [
    'apply_patch',
    (path) => patch('*** Update File: inside.txt', `*** Move to: ${path}`, '@@', '-inside', '+x'),
  ],
];

describe('what is outside is refused', () => {
  it.each([
    ['../outside/secret.txt', 'is outside of the workspace'],
    ['a/../../outside/new.txt', 'is outside of the workspace'],
    ['/etc/passwd', 'is outside of the workspace'],
    ['/proc/self/environ', 'is outside of the workspace'],
    ['file-link', 'is outside of the workspace'],
    ['folder-link/secret.txt', 'is outside of the workspace'],
    ['folder-link/new/new.txt', 'is outside of the workspace'],
    ['root/etc/passwd', 'is outside of the workspace'],
    ['dangling', 'is a link to nothing'],
  ])('%s', async (path, problem) => {
    for (const [tool, args] of attempts) {
      const { status, body } = await postInvoke(gateway, { tool, args: args(path) });
      expect([status, body]).toEqual([
        400,
        { ok: false, error: { type: 'tool_error', message: `${path} ${problem}` } },
      ]);
    }
    expect(readFileSync(join(workspace, 'inside.txt'), 'utf8')).toBe('inside');
  });

  it('the gateway’s own files, by their absolute paths', async () => {
    const { body } = await postInvoke(gateway, {
      tool: 'read',
      args: { path: join(gateway.stateDir, 'pllan.json') },
    });
    expect(body).toMatchObject({ error: { message: expect.stringContaining('is outside of') as string } });
  });
});

it('a folder that is exchanged for a link between the check and the use leads nowhere', async () => {
  const tried: readonly (readonly [string, object])[] = [
    ['read', { path: 'swapped/secret.txt' }],
    ['list', { path: 'swapped' }],
    ['search', { path: 'swapped', pattern: '.' }],
    ['write', { path: 'swapped/secret.txt', content: 'x' }],
    ['write', { path: 'swapped/new/new.txt', content: 'x' }],
    ['edit', { path: 'swapped/secret.txt', oldText: 'of', newText: 'x' }],
    ['apply_patch', patch('*** Add File: swapped/added.txt', '+x')],
    ['apply_patch', patch('*** Delete File: swapped/secret.txt')],
  ];
  const told: string[] = [];
  await whileSwapped(workspace, outside, async () => {
    for (let n = 0; n < 40; n += 1) {
      const answers = await Promise.all(tried.map(([tool, args]) => postInvoke(gateway, { tool, args })));
      for (const { status, body } of answers) {
        expect([200, 400]).toContain(status);
        told.push(JSON.stringify(body));
      }
    }
  });
  expect(told.filter((text) => text.includes('nobody'))).toEqual([]);
});
