/** The config while the gateway runs: what it was made from, what is asked about its file, and what becomes of changes. */
import type { LoadedConfig } from '../../shared/config/load.js';
import type { Logger } from '../../shared/log/logger.js';
import type { Environment, Paths } from '../../shared/paths.js';
import { createConfigDesk, type ConfigDesk } from './config-desk.js';
import type { ConfigPlace } from './config-snapshot.js';

export interface OpenConfig {
  readonly desk: ConfigDesk;
  readonly place: ConfigPlace;
  /** What the gateway runs with, by the hash of its files. */
  appliedHash(): string;
  /** Makes what was written count, as far as that goes while the gateway runs. */
  apply(next: LoadedConfig): Promise<AppliedConfig>;
}

export interface AppliedConfig {
  /** False: it counts from the next start. */
  readonly live: boolean;
}

export interface OpenConfigOptions {
  readonly loaded: LoadedConfig;
  readonly paths: Paths;
  /** Without what the config itself adds. */
  readonly env: Environment;
  readonly log: Logger;
}

export function openConfig({ loaded, paths, env, log }: OpenConfigOptions): OpenConfig {
  const { source, imported } = loaded;
  return {
    desk: createConfigDesk(log),
    place: { path: paths.configPath, logDir: paths.logDir, env, imported },
    appliedHash: () => source.revision,
    apply(next) {
      const { revision } = next.source;
      log.info('config.written', 'config written; it counts from the next start', { revision });
      return Promise.resolve({ live: false });
    },
  };
}
