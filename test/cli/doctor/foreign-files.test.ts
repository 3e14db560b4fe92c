/** Files of a state directory that belong to somebody else (cli.md §12, row 5). */
import { chmodSync, chownSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { stateDir } from '../../../src/cli/doctor/checks/state-dir.js';
import type { Site } from '../../../src/cli/doctor/site.js';
import { resolvePaths } from '../../../src/shared/paths.js';
import { install } from './installation.js';

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
