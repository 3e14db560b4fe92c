/** What an agent is told of its workspace. */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { workspaceLimits } from '../../../../src/shared/session-limits.js';
import { createWorkspacePrompts } from '../../../../src/workers/threads/session/workspace-prompt.js';
import { waitFor } from '../../../support/wait-for.js';

function workspace(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'pllan-workspace-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

it('its files in their order, and no others', async () => {
  const dir = workspace({
    'USER.md': 'Ada\n',
    'AGENTS.md': '\nBe brief.',
    'HEARTBEAT.md': 'x',
    'notes.md': 'x',
  });
  expect(await createWorkspacePrompts()(dir)).toBe('[AGENTS.md]\nBe brief.\n\n[USER.md]\nAda');
});

it('nothing where there is nothing', async () => {
  const read = createWorkspacePrompts();
  expect(await read(workspace({ 'SOUL.md': '  \n' }))).toBe('');
  expect(await read('/nowhere/at/all')).toBe('');
});

it('what is no file counts as missing, and waits for nobody', async () => {
  const dir = workspace({ 'SOUL.md': 'kind' });
  mkdirSync(join(dir, 'AGENTS.md'));
  execFileSync('mkfifo', [join(dir, 'USER.md')]);
  expect(await createWorkspacePrompts()(dir)).toBe('[SOUL.md]\nkind');
});

it('of a long file its beginning', async () => {
  const dir = workspace({ 'SOUL.md': 'a'.repeat(workspaceLimits.promptFileBytes + 1) });
  expect((await createWorkspacePrompts()(dir)).length).toBe(
    '[SOUL.md]\n'.length + workspaceLimits.promptFileBytes,
  );
});

it('what was written just now, however often and whatever its length', async () => {
  const dir = workspace({});
  const read = createWorkspacePrompts();
  for (let n = 100; n < 140; n += 1) {
    writeFileSync(join(dir, 'USER.md'), String(n));
    const prompt = `[USER.md]\n${n}`;
    expect(await Promise.all([read(dir), read(dir)])).toEqual([prompt, prompt]);
  }
});

describe('what has changed since it was kept', () => {
  /** For whom all files are old: as it is when nothing has changed for a while. */
  const keeping = () => createWorkspacePrompts(() => Date.now() + 60_000);
  /** A change from here on has another time than those before. */
  async function tick(): Promise<void> {
    const dir = workspace({ first: '' });
    await waitFor('another time', () => {
      writeFileSync(join(dir, 'second'), '');
      return statSync(join(dir, 'second')).ctimeMs > statSync(join(dir, 'first')).ctimeMs;
    });
  }

  it.each<[string, (dir: string) => void, string]>([
    ['nothing', () => {}, '[SOUL.md]\nkind'],
    ['an edit of the same length', (dir) => writeFileSync(join(dir, 'SOUL.md'), 'mild'), '[SOUL.md]\nmild'],
    [
      'an edit that keeps the time of the file',
      (dir) => {
        const { atime, mtime } = statSync(join(dir, 'SOUL.md'));
        writeFileSync(join(dir, 'SOUL.md'), 'mild');
        utimesSync(join(dir, 'SOUL.md'), atime, mtime);
      },
      '[SOUL.md]\nmild',
    ],
    [
      'another file in its place',
      (dir) => {
        writeFileSync(join(dir, 'new'), 'mild');
        renameSync(join(dir, 'new'), join(dir, 'SOUL.md'));
      },
      '[SOUL.md]\nmild',
    ],
    ['one more', (dir) => writeFileSync(join(dir, 'USER.md'), 'Ada'), '[SOUL.md]\nkind\n\n[USER.md]\nAda'],
    ['one less', (dir) => rmSync(join(dir, 'SOUL.md')), ''],
    [
      'what a link leads to',
      (dir) => writeFileSync(join(dir, 'elsewhere'), 'Be brief.'),
      '[AGENTS.md]\nBe brief.\n\n[SOUL.md]\nkind',
    ],
    [
      'the whole folder',
      (dir) => {
        renameSync(dir, `${dir}-old`);
        onTestFinished(() => rmSync(`${dir}-old`, { recursive: true }));
        mkdirSync(dir);
        writeFileSync(join(dir, 'USER.md'), 'Eve');
      },
      '[USER.md]\nEve',
    ],
    ['all of it gone', (dir) => rmSync(dir, { recursive: true }), ''],
  ])('%s', async (what, change, expected) => {
    const dir = workspace({ 'SOUL.md': 'kind' });
    if (what === 'what a link leads to') symlinkSync(join(dir, 'elsewhere'), join(dir, 'AGENTS.md'));
    const read = keeping();
    expect(await read(dir)).toBe('[SOUL.md]\nkind');
    await tick();
    change(dir);
    expect(await read(dir)).toBe(expected);
    expect(await read(dir)).toBe(expected);
    mkdirSync(dir, { recursive: true });
  });

  it('a folder that was not there', async () => {
    const dir = join(workspace({}), 'desk');
    const read = keeping();
    expect(await read(dir)).toBe('');
    mkdirSync(dir);
    writeFileSync(join(dir, 'USER.md'), 'Ada');
    expect(await read(dir)).toBe('[USER.md]\nAda');
  });
});
