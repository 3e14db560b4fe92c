/** A home with a config that starts, and a service manager that runs nothing. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openServiceContext, type ServiceContext } from '../../../src/cli/service/context.js';
import { resolvePaths } from '../../../src/shared/paths.js';
import { temporaryDir } from '../../support/gateway.js';
import { cli } from '../support/cli.js';
import { standIns, type StandIns } from '../../support/service-standins.js';

export interface ServiceHome extends StandIns {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where the unit is to be. */
  readonly unitFile: string;
  readonly configFile: string;
  open(over?: Readonly<Record<string, string>>): Promise<ServiceContext>;
}

export const TOKEN = 'a-token-of-a-test-0123456789';

/** @param config null for none */
export function serviceHome(config: object | null = startable()): ServiceHome {
  const home = temporaryDir();
  const managers = standIns();
  const env = { HOME: home, PLLAN_HOME: home, PATH: `${managers.bin}:/usr/bin:/bin` };
  const stateDir = join(home, '.pllan');
  const configFile = join(stateDir, 'pllan.json');
  mkdirSync(stateDir, { mode: 0o700 });
  if (config) writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });
  return {
    ...managers,
    home,
    env,
    configFile,
    unitFile: join(home, '.config/systemd/user/pllan-gateway.service'),
    open(over = {}) {
      const full = { ...env, ...over };
      return openServiceContext({ env: full, ownEnv: full, paths: resolvePaths(full) });
    },
  };
}

export function startable(gateway: object = {}): object {
  return { gateway: { mode: 'local', port: 18_999, auth: { mode: 'token', token: TOKEN }, ...gateway } };
}

/** Runs a command for its document. */
export async function json(
  home: ServiceHome,
  ...argv: string[]
): Promise<{ code: number; said: unknown; stderr: string }> {
  const { exitCode, stdout, stderr } = await cli([...argv, '--json'], { env: home.env });
  return { code: exitCode, said: JSON.parse(stdout), stderr };
}
