/** Puts a generated token into an existing config as `gateway.auth.token` (config.md §9.3). */
import type { ConfigFlags, LoadedConfig } from '../../shared/config/load.js';
import { childOf, fileAt, type ConfigNode } from '../../shared/config/read/node.js';
import type { Logger } from '../../shared/log/logger.js';
import type { Environment, Paths } from '../../shared/paths.js';
import { toError } from '../../shared/to-error.js';

export interface TokenPlace {
  readonly paths: Paths;
  readonly env: Environment;
  /** Of the command line. */
  readonly flags: ConfigFlags;
  readonly log: Logger;
}

const path = ['gateway', 'auth', 'token'];

/**
 * Undefined when the config cannot be rewritten, somebody else's file would have to be, or its owner has put a variable
 * there, which is not set just now.
 */
export async function persistToken(
  { source, imported }: LoadedConfig,
  token: string,
  { paths, env, flags, log }: TokenPlace,
): Promise<LoadedConfig | undefined> {
  if (fileAt(source.root, path) !== source.path || hasVariable(source.root)) return undefined;
  try {
    // What edits a config is loaded for the one start that does.
    const { writeConfig } = await import('../../shared/config/write/write-config.js');
    const change = { kind: 'edits', edits: [{ path, value: token }] } as const;
    const place = { path: paths.configPath, logDir: paths.logDir, env, imported, flags };
    return (await writeConfig({ ...place, change, baseHash: source.hash })).loaded;
  } catch (caught) {
    log.warn('config.write', `config not written: ${toError(caught).message}`);
    return undefined;
  }
}

function hasVariable(root: ConfigNode): boolean {
  const written = path.reduce<ConfigNode | undefined>(childOf, root);
  return written?.kind === 'scalar' && typeof written.value === 'string' && written.value.includes('${');
}
