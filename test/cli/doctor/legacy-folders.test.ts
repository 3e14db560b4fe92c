/** A folder `agent` of the state directory that is no older release's, or nobody knows whose (cli.md §12, row 8). */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { codes, doctor, install, sound, type Installation } from './installation.js';

function installAt(make: (agent: string) => void, config: object = sound): Installation {
  const installation = install(config);
  make(join(installation.stateDir, 'agent'));
  return installation;
}

const workspaceAt = (workspace: string): object => ({
  ...sound,
  agents: { defaults: { ...sound.agents.defaults, workspace } },
});
const asFolder = (path: string): void => void mkdirSync(path, { recursive: true, mode: 0o700 });

it.each<[string, () => Installation]>([
  ['that agents work in', () => installAt(asFolder, workspaceAt('~/agent'))],
  [
    'that agents work in a part of',
    () => installAt((agent) => asFolder(join(agent, 'files')), workspaceAt('~/agent/files')),
  ],
  ['that is a link', () => installAt((agent) => symlinkSync('workspace', agent))],
  ['whose agent a broken config does not tell', () => installAt(asFolder, { ...sound, agents: { list: 1 } })],
])('one %s stays where it is', async (_what, make) => {
  const installation = make();
  const findings = await doctor(installation, '--fix');
  expect(codes(findings)).not.toContain('agent-dir-older-place');
  expect(existsSync(join(installation.stateDir, 'agent'))).toBe(true);
});
