/** The definition as it is to be: how this installation, profile and environment want the gateway started (cli.md §15.2). */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolvePaths, type Environment, type Paths } from '../../shared/paths.js';
import { VERSION } from '../../shared/version.js';
import { SERVICE_MARKER, type ServiceDefinition } from './definition.js';
import type { ServiceManager } from './manager.js';
import type { ServiceNames } from './names.js';
import { realPath, type NodeProgram } from './node-program.js';

export interface DesiredOptions {
  /** With the profile, and without what `.env` files add: the service reads these itself. */
  readonly env: Environment;
  readonly paths: Paths;
  readonly names: ServiceNames;
  readonly kind: ServiceManager['kind'];
  readonly port: number;
  readonly node: NodeProgram;
  /** In the place of node and the program. */
  readonly wrapper: string | undefined;
}

/** The program, whether this runs from the sources or as it was built. */
export function entryPath(): string {
  return realPath(join(fileURLToPath(new URL('../../../', import.meta.url)), 'dist', 'entry.js'));
}

export function desiredDefinition(options: DesiredOptions): ServiceDefinition {
  const { paths, names, port, node, wrapper } = options;
  const profile = names.profile === undefined ? '' : `profile: ${names.profile}, `;
  const program = wrapper === undefined ? [node.path, entryPath()] : [wrapper];
  return {
    description: `pllan Gateway (${profile}v${VERSION})`,
    programArguments: [...program, 'gateway', '--port', String(port)],
    workingDirectory: paths.stateDir,
    environment: environmentOf(options),
  };
}

function environmentOf({
  env,
  paths,
  names,
  kind,
  port,
  node,
  wrapper,
}: DesiredOptions): Readonly<Record<string, string>> {
  const usual = resolvePaths({ PLLAN_HOME: env.PLLAN_HOME, PLLAN_PROFILE: names.profile });
  const named = {
    systemd: { PLLAN_SYSTEMD_UNIT: names.systemdUnit },
    launchd: { PLLAN_LAUNCHD_LABEL: names.launchdLabel },
    windows: { PLLAN_WINDOWS_TASK_NAME: names.windowsTask },
  };
  const wanted: Readonly<Record<string, string | undefined>> = {
    HOME: userHome(env, paths),
    TMPDIR: env.TMPDIR,
    PATH: minimalPath(kind, userHome(env, paths), node).join(kind === 'windows' ? ';' : ':'),
    PLLAN_HOME: env.PLLAN_HOME === undefined ? undefined : paths.home,
    PLLAN_STATE_DIR: paths.stateDir === usual.stateDir ? undefined : paths.stateDir,
    PLLAN_CONFIG_PATH: paths.configPath === join(paths.stateDir, 'pllan.json') ? undefined : paths.configPath,
    PLLAN_PROFILE: names.profile,
    PLLAN_GATEWAY_PORT: String(port),
    ...named[kind],
    PLLAN_SERVICE_MARKER: SERVICE_MARKER,
    PLLAN_SERVICE_KIND: 'gateway',
    PLLAN_WRAPPER: wrapper,
    NODE_EXTRA_CA_CERTS: env.NODE_EXTRA_CA_CERTS,
    PLLAN_SERVICE_VERSION: VERSION,
  };
  return Object.fromEntries(
    Object.entries(wanted).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}

/** Of the user, whatever `PLLAN_HOME` says: there the service manager looks for definitions. */
export function userHome(env: Environment, paths: Paths): string {
  return env.HOME || env.USERPROFILE || paths.home;
}

const systemDirs: Readonly<Record<ServiceManager['kind'], readonly string[]>> = {
  systemd: ['/usr/local/bin', '/usr/bin', '/bin'],
  launchd: ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'],
  windows: ['C:\\Windows\\System32', 'C:\\Windows'],
};

/** What a service needs on its path in any case. */
export function requiredDirs(kind: ServiceManager['kind']): readonly string[] {
  return systemDirs[kind];
}

function minimalPath(kind: ServiceManager['kind'], home: string, node: NodeProgram): readonly string[] {
  const homebrew = kind === 'launchd' ? ['/opt/homebrew/bin'] : [];
  const own = [join(home, '.local', 'bin'), join(home, 'bin'), ...homebrew].filter(existsSync);
  return [...new Set([...systemDirs[kind], dirname(node.path), ...own])];
}
