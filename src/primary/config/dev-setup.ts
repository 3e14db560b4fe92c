/** `pllan gateway --dev`: makes the dev config and workspace when they are missing, touches nothing that exists (cli.md §2). */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { displayPath, type Paths } from '../../shared/paths.js';
import { writePrivateFile } from './persist-token.js';

export function ensureDevSetup(paths: Paths): void {
  mkdirSync(paths.workspace, { recursive: true, mode: 0o700 });
  if (existsSync(paths.configPath)) return;
  mkdirSync(dirname(paths.configPath), { recursive: true, mode: 0o700 });
  const config = {
    gateway: { mode: 'local', bind: 'loopback' },
    agents: { defaults: { workspace: displayPath(paths.workspace, paths.home), skipBootstrap: true } },
  };
  writePrivateFile(paths.configPath, `${JSON.stringify(config, null, 2)}\n`);
}
