/** Where the config is, and what it is read with. */
import { createHash } from 'node:crypto';
import { withDotenv } from '../../shared/config/environment/dotenv.js';
import type { Environment } from '../../shared/paths.js';

export interface ConfigPlace {
  readonly path: string;
  readonly logDir: string;
  /** Without what the config itself adds. */
  readonly env: Environment;
  /** What the login shell gave at start; it is not asked again. */
  readonly imported: Environment;
}

/** One whose `.env` files may change: their variables are not in its environment. */
export interface LivePlace extends ConfigPlace {
  readonly dotenv: DotenvFolders;
}

export interface DotenvFolders {
  /** Where the gateway was started. */
  readonly folder: string;
  readonly stateDir: string;
}

/** With the `.env` files as they are now (config.md §4.1). */
export function placeNow({ dotenv, ...place }: LivePlace): ConfigPlace {
  return { ...place, env: withDotenv(place.env, dotenv.folder, dotenv.stateDir).env };
}

/** Equal for equal environments; tells nothing of what is in them. */
export function environmentDigest(env: Environment): string {
  const entries = Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex');
}
