/** Files of a state directory that belong to somebody else (cli.md §12, row 5). */
import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { unusableParts } from '../../../src/cli/doctor/checks/state-parts.js';
import { stateDir } from '../../../src/cli/doctor/checks/state-dir.js';
import type { Site } from '../../../src/cli/doctor/site.js';
import { resolvePaths } from '../../../src/shared/paths.js';
import { doctor, install, sound } from './installation.js';

it('doctor does not close a file that its owner shares with the gateway', async () => {
  const { configPath, env } = install();
  const paths = resolvePaths(env);
  // Only root can give a file away; everybody else knows one of root's.
  const isRoot = process.getuid?.() === 0;
  const foreign = isRoot ? configPath : '/etc/passwd';
  if (isRoot) {
    chmodSync(foreign, 0o640);
    chownSync(foreign, 65_534, 65_534);
  }
  const { mode } = statSync(foreign);
  const findings = await stateDir.find({ context: { paths: { ...paths, configPath: foreign } } } as Site);
  expect(findings).toMatchObject([
    {
      code: 'state-open-to-others',
      message: expect.stringContaining(basename(foreign)),
      advice: expect.any(String),
    },
  ]);
  for (const { repair } of findings) await repair?.run();
  expect(statSync(foreign).mode).toBe(mode);
});

it('doctor names what this user cannot use, opens what is its own, and says what else is to be done', async () => {
  const paths = resolvePaths(install().env);
  mkdirSync(paths.storeDir, { mode: 0o500 });
  writeFileSync(join(paths.storeDir, 'data.mdb'), '');
  mkdirSync(paths.logDir, { mode: 0o700 });
  const refused = (code: string) => (path: string) => {
    if (path.startsWith(paths.storeDir) || path === paths.logDir)
      throw Object.assign(new Error(code), { code });
  };
  const found = unusableParts(paths, refused('EACCES'));
  // What is in a folder that cannot be used is not told of as well.
  expect(found.map(({ code, message }) => [code, message.replace(/ cannot.*/, '')])).toEqual([
    ['state-unusable', '~/store'],
    ['state-unusable', '~/logs'],
  ]);
  const [store, logs] = found;
  await store?.repair?.run();
  expect(statSync(paths.storeDir).mode & 0o777).toBe(0o700);
  expect([logs?.repair, logs?.advice]).toEqual([undefined, expect.stringContaining('sudo chown -R')]);
  const readOnly = unusableParts(paths, refused('EROFS'));
  expect(readOnly.map(({ advice }) => advice)).toEqual([
    expect.stringContaining('Mount it writable'),
    expect.stringContaining('Mount it writable'),
  ]);
});

/** As root what others have is somebody's; everybody else knows a folder of root's. */
function sharedWorkspaces(stateDir: string): readonly string[] {
  const team = join(stateDir, 'team');
  mkdirSync(team);
  chmodSync(team, 0o2775);
  const foreign = join(stateDir, 'foreign');
  mkdirSync(foreign);
  chmodSync(foreign, 0o777);
  if (process.getuid?.() === 0) chownSync(foreign, 65_534, 65_534);
  return process.getuid?.() === 0 ? [team, foreign] : [team];
}

it('doctor leaves a workspace as it is that a group shares, or that is another user’s', async () => {
  for (const folder of sharedWorkspaces(install().stateDir)) {
    const { mode } = statSync(folder);
    const installation = install({
      ...sound,
      agents: { defaults: { ...sound.agents.defaults, workspace: folder } },
    });
    const findings = await doctor(installation, '--fix');
    expect(findings).toMatchObject([
      { code: 'workspace-writable-by-others', repair: 'none', advice: expect.any(String) },
    ]);
    expect(statSync(folder).mode).toBe(mode);
  }
});

it.runIf(process.getuid?.() === 0)(
  'doctor as root does not close a file of root’s for the config of another user',
  async () => {
    const elsewhere = join(install().stateDir, 'all.json');
    writeFileSync(elsewhere, '{"t":"0123456789abcdef"}', { mode: 0o644 });
    const token = { source: 'file', provider: 'own', id: '/t' };
    const providers = { own: { source: 'file', path: elsewhere } };
    const installation = install({
      ...sound,
      gateway: { ...sound.gateway, auth: { token } },
      secrets: { providers },
    });
    chownSync(installation.stateDir, 65_534, 65_534);
    chownSync(installation.configPath, 65_534, 65_534);
    await doctor(installation, '--fix');
    expect(statSync(elsewhere).mode & 0o777).toBe(0o644);
  },
);
