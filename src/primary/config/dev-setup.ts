/** `pllan gateway --dev`: makes the dev config and workspace when they are missing, touches nothing that exists (cli.md §2). */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { displayPath, type Paths } from '../../shared/paths.js';
import { makePrivateDir, writePrivateFile } from '../../shared/private-file.js';
import { makeWorkspace } from '../../shared/setup/starter-files.js';
import { systemStep } from '../start-error.js';

const REMEDY = 'Make its folder one that this user can write to, or set PLLAN_HOME or PLLAN_STATE_DIR.';

/** @throws StartError when workspace or config cannot be made */
export function ensureDevSetup(paths: Paths): void {
  const { workspace, configPath, home } = paths;
  systemStep(`workspace ${workspace} cannot be used`, REMEDY, () => makeWorkspace(workspace));
  if (existsSync(configPath)) return;
  const config = {
    gateway: { mode: 'local', bind: 'loopback' },
    agents: { defaults: { workspace: displayPath(workspace, home), skipBootstrap: true } },
  };
  systemStep(`config ${configPath} cannot be written`, REMEDY, () => {
    makePrivateDir(dirname(configPath));
    writePrivateFile(configPath, `${JSON.stringify(config, null, 2)}\n`);
  });
}
