/** Variables from `.env` files (config.md §4.1): the folder's, which anybody may have written, and the state dir's, which is ours. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { configLimits } from '../limits.js';
import type { Environment } from '../../paths.js';
import { errorCode, toError } from '../../to-error.js';

export interface WithDotenv {
  readonly env: Environment;
  readonly warnings: readonly string[];
}

/** They decide what runs, where our files are, and whom our connections believe. */
const untrusted = /^(?:PLLAN_.*|PATH|HOME|NODE_.*|SSL_.*|.*_PROXY|LD_.*|DYLD_.*)$/i;

/** They say where the state dir is; a file in it comes too late for that. */
const located = /^PLLAN_(?:HOME|STATE_DIR|CONFIG_PATH|PROFILE)$/;

/** What is in the environment already stays as it is, and the folder's file goes before the state dir's. */
export function withDotenv(env: Environment, folder: string, stateDir: string): WithDotenv {
  const warnings: string[] = [];
  const files = [
    { path: join(folder, '.env'), refused: untrusted, why: 'may not be set from this folder' },
    { path: join(stateDir, '.env'), refused: located, why: 'must be set outside of the state directory' },
  ];
  let merged = env;
  // A state dir that is the current folder has one file, and that is ours.
  for (const { path, refused, why } of folder === stateDir ? files.slice(1) : files) {
    const found = readDotenv(path, warnings);
    const ignored = Object.keys(found).filter((name) => refused.test(name));
    if (ignored.length > 0) warnings.push(`${path}: ignored, ${why}: ${ignored.join(', ')}`);
    const taken = Object.entries(found).filter(([name]) => !refused.test(name));
    merged = { ...Object.fromEntries(taken), ...definedIn(merged) };
  }
  return { env: merged, warnings };
}

function definedIn(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

function readDotenv(path: string, warnings: string[]): Readonly<Record<string, string | undefined>> {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return {};
    if (stat.size > configLimits.dotenvBytes)
      throw new Error(`larger than ${configLimits.dotenvBytes} bytes`);
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (caught) {
    if (errorCode(caught) !== 'ENOENT') warnings.push(`${path}: ignored: ${toError(caught).message}`);
    return {};
  }
}
