/** Installations that are broken in one way each. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Diagnosis } from '../../../src/cli/doctor/run-doctor.js';
import type { Environment } from '../../../src/shared/paths.js';
import { cli, environmentWith } from '../support/cli.js';

export interface Installation {
  readonly stateDir: string;
  readonly env: Environment;
  readonly configPath: string;
}

export const sound = {
  meta: { lastTouchedVersion: '0.1.0' },
  gateway: { mode: 'local', port: 1 },
  agents: { defaults: { model: 'echo/echo' } },
};

/** Nothing is wrong with it, but that no gateway runs. */
export function install(config: object | string = sound): Installation {
  const env = environmentWith(config);
  const stateDir = env.PLLAN_STATE_DIR;
  chmodSync(stateDir, 0o700);
  const configPath = join(stateDir, 'pllan.json');
  chmodSync(configPath, 0o600);
  mkdirSync(join(stateDir, 'workspace'), { mode: 0o700 });
  // Where nobody listens, whatever the config says: another gateway may run on this machine.
  return { stateDir, env: { ...env, PATH: process.env.PATH, PLLAN_GATEWAY_PORT: '1' }, configPath };
}

export async function doctor({ env }: Installation, ...flags: string[]): Promise<readonly Diagnosis[]> {
  const run = await cli(['doctor', '--json', ...flags], { env });
  const { findings } = JSON.parse(run.stdout) as { findings: Diagnosis[] };
  return findings.filter(({ code }) => code !== 'gateway-not-running');
}

export const codes = (findings: readonly Diagnosis[]): readonly string[] => findings.map(({ code }) => code);
export const writeLastGood = ({ configPath }: Installation, config: object): void =>
  writeFileSync(`${configPath}.last-good`, JSON.stringify(config), { mode: 0o600 });
export const readConfig = ({ configPath }: Installation): unknown =>
  JSON.parse(readFileSync(configPath, 'utf8'));
/** @param name below the state directory */
export const writePrivate = ({ stateDir }: Installation, name: string, content: string): void => {
  const file = join(stateDir, name);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, content, { mode: 0o600 });
};
