/** What the service commands, `gateway status` and `doctor` have at hand to look after a service. */
import { resolvePaths, type Environment, type Paths } from '../../shared/paths.js';
import type { CommandContext } from '../command.js';
import { openCliConfig, type CliConfig } from '../config/cli-config.js';
import type { InstalledService, ServiceDefinition } from './definition.js';
import { desiredDefinition } from './desired.js';
import type { ServiceManager } from './manager.js';
import { serviceNames } from './names.js';
import { chooseNode, isVersionManaged } from './node-program.js';
import { openServiceManager } from './platform-manager.js';
import { commandRunner, type RunCommand } from './run-command.js';

export interface ServiceContext {
  /** With what `.env` files add. */
  readonly env: Environment;
  /** Without. */
  readonly ownEnv: Environment;
  readonly paths: Paths;
  readonly platform: string;
  readonly config: CliConfig;
  /** Undefined where there is none that is known. */
  readonly manager: ServiceManager | undefined;
  readonly run: RunCommand;
  /** The definition as it is to be; of the installed one its wrapper is kept. */
  desired(manager: ServiceManager, over?: DesiredChanges): Promise<ServiceDefinition>;
  /** Whether a definition with this node is none that stays. */
  isVersionManaged(definition: ServiceDefinition): boolean;
}

export interface DesiredChanges {
  readonly port?: number;
  readonly wrapper?: string | undefined;
}

export interface ServiceContextOptions {
  /** A unit of the machine is meant. */
  readonly system?: boolean;
  readonly platform?: string;
}

export async function openServiceContext(
  { env, ownEnv, paths }: Pick<CommandContext, 'env' | 'ownEnv' | 'paths'>,
  { system, platform = process.platform }: ServiceContextOptions = {},
): Promise<ServiceContext> {
  const config = await openCliConfig(env, paths);
  const run = commandRunner(env);
  const manager = openServiceManager({
    env: ownEnv,
    paths,
    platform,
    ...(system === undefined ? {} : { system }),
  });
  return {
    env,
    ownEnv,
    paths,
    platform,
    config,
    manager,
    run,
    async desired({ kind, command }, over = {}) {
      const kept = command()?.environment.PLLAN_WRAPPER;
      return desiredDefinition({
        env: ownEnv,
        paths,
        names: serviceNames(ownEnv),
        kind,
        port: over.port ?? config.gateway.port,
        node: await chooseNode({ platform, own: process.execPath, run }),
        wrapper: over.wrapper ?? ownEnv.PLLAN_WRAPPER ?? kept,
      });
    },
    isVersionManaged: ({ programArguments: [program = ''] }) => isVersionManaged(program),
  };
}

/** Where the service keeps its things, and what it reads: what its definition says, and nothing of this shell. */
export function serviceSources({ environment }: InstalledService): {
  readonly env: Environment;
  readonly paths: Paths;
} {
  const env = { PLLAN_HOME: environment.PLLAN_HOME ?? environment.HOME, ...environment };
  return { env, paths: resolvePaths(env) };
}
