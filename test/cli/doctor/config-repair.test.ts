/** Repairs of a config that somebody else has written since doctor looked at it (cli.md §12). */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { editFiles, restoreLastGood } from '../../../src/cli/doctor/config-repair.js';
import { readSource } from '../../../src/shared/config/read/source.js';
import { install, sound } from './installation.js';

it.each([
  ['editing keys', editFiles, [{ path: ['surprise'], remove: true }]],
  ['putting back the last one', restoreLastGood, JSON.stringify(sound)],
] as const)('%s leaves a file alone that was changed meanwhile', async (_, repair, what) => {
  const { configPath: path, env } = install({ ...sound, surprise: true });
  const source = readSource({ path, env });
  const changed = JSON.stringify({ ...sound, ui: { seamColor: '#123456' } });
  writeFileSync(path, changed);
  await expect(repair(source, what as never, env)).rejects.toThrow('changed meanwhile');
  expect(readFileSync(path, 'utf8')).toBe(changed);
});
