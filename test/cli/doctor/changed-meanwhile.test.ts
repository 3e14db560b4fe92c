/** Between a look and its repair there may be another repair, a question that somebody thinks about, or somebody who means harm. */
import { chmodSync, mkdirSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { stateDir } from '../../../src/cli/doctor/checks/state-dir.js';
import type { Finding } from '../../../src/cli/doctor/finding.js';
import type { Site } from '../../../src/cli/doctor/site.js';
import { resolvePaths } from '../../../src/shared/paths.js';
import { install } from './installation.js';

async function openStore() {
  const paths = resolvePaths(install().env);
  mkdirSync(paths.storeDir);
  chmodSync(paths.storeDir, 0o555);
  const [finding] = (await stateDir.find({ context: { paths } } as Site)) as readonly [Finding];
  expect(finding.code).toBe('state-open-to-others');
  return { ...paths, repair: finding.repair };
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

it('to keep others out does not take back what its owner was just given', async () => {
  const { storeDir, repair } = await openStore();
  chmodSync(storeDir, 0o755);
  await repair?.run();
  expect(modeOf(storeDir)).toBe(0o700);
});

it('permissions are not changed of what has taken the place of what was looked at', async () => {
  const { stateDir: dir, storeDir, repair } = await openStore();
  const other = join(dir, 'other');
  mkdirSync(other);
  chmodSync(other, 0o755);
  renameSync(storeDir, `${storeDir}.old`);
  symlinkSync(other, storeDir);
  expect(() => repair?.run()).toThrow('has been replaced meanwhile');
  expect([other, `${storeDir}.old`].map(modeOf)).toEqual([0o755, 0o555]);
});
