/** What an agent is told of its workspace. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { workspaceLimits } from '../../../../src/shared/limits.js';
import { readWorkspacePrompt } from '../../../../src/workers/threads/session/workspace-prompt.js';

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
  expect(await readWorkspacePrompt(dir)).toBe('[AGENTS.md]\nBe brief.\n\n[USER.md]\nAda');
});

it('nothing where there is nothing', async () => {
  expect(await readWorkspacePrompt(workspace({ 'SOUL.md': '  \n' }))).toBe('');
  expect(await readWorkspacePrompt('/nowhere/at/all')).toBe('');
});

it('what is no file counts as missing, and waits for nobody', async () => {
  const dir = workspace({ 'SOUL.md': 'kind' });
  mkdirSync(join(dir, 'AGENTS.md'));
  execFileSync('mkfifo', [join(dir, 'USER.md')]);
  expect(await readWorkspacePrompt(dir)).toBe('[SOUL.md]\nkind');
});

it('of a long file its beginning', async () => {
  const dir = workspace({ 'SOUL.md': 'a'.repeat(workspaceLimits.promptFileBytes + 1) });
  expect((await readWorkspacePrompt(dir)).length).toBe(
    '[SOUL.md]\n'.length + workspaceLimits.promptFileBytes,
  );
});
