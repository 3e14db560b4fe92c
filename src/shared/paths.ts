/**
 * Where the gateway keeps things (config.md §1): a pure function of the environment, used by the
 * gateway and by the CLI so that both always mean the same files.
 */
import { createHash } from 'node:crypto';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { thisUser } from './this-user.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Paths {
  readonly home: string;
  readonly stateDir: string;
  readonly configPath: string;
  readonly workspace: string;
  readonly lockDir: string;
  readonly logDir: string;
  /** The generated token, for the local command line (config.md §9.3). */
  readonly tokenFile: string;
  /** Key and tokens with which the command line shows who it is (protocol.md §8.1). */
  readonly identityDir: string;
  /** Private key of the gateway's own device identity. */
  readonly identityFile: string;
  /** Certificate and key that the gateway made for itself. */
  readonly tlsDir: string;
  readonly storeDir: string;
  /** How the last starts ended (operations.md §15). */
  readonly bootHistory: string;
  /** What agents may run (methods.md §11). */
  readonly execApprovals: string;
}

/** Resolves every path from `PLLAN_HOME`, `PLLAN_STATE_DIR`, `PLLAN_CONFIG_PATH` and the profile (config.md §1). */
export function resolvePaths(env: Environment): Paths {
  const home = resolve(nonEmpty(env.PLLAN_HOME) ?? homeDir());
  const profile = nonEmpty(env.PLLAN_PROFILE);
  const defaultState = join(home, profile && profile !== 'default' ? `.pllan-${profile}` : '.pllan');
  const stateDir = expandHome(nonEmpty(env.PLLAN_STATE_DIR) ?? defaultState, home);
  return {
    home,
    stateDir,
    configPath: expandHome(nonEmpty(env.PLLAN_CONFIG_PATH) ?? join(stateDir, 'pllan.json'), home),
    workspace: expandHome(nonEmpty(env.PLLAN_WORKSPACE_DIR) ?? join(stateDir, 'workspace'), home),
    lockDir: join(tmpdir(), `pllan-${thisUser().uid}`),
    logDir: join(stateDir, 'logs'),
    tokenFile: join(stateDir, 'credentials', 'gateway-token'),
    identityDir: join(stateDir, 'identity'),
    identityFile: join(stateDir, 'credentials', 'gateway-identity.pem'),
    tlsDir: join(stateDir, 'gateway', 'tls'),
    storeDir: join(stateDir, 'store'),
    bootHistory: join(stateDir, 'boot-history.json'),
    execApprovals: join(stateDir, 'exec-approvals.json'),
  };
}

/** The root where nobody says where it is: as containers have it for a user whom their system does not know. */
function homeDir(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}

/** `~` and `~/x` against `home`; everything else made absolute. */
export function expandHome(path: string, home: string): string {
  if (path === '~') return home;
  return path.startsWith('~/') ? join(home, path.slice(2)) : resolve(path);
}

/** A path as people write it: below home with `~`. */
export function displayPath(path: string, home: string): string {
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

/** Where it is written what is left to do of a change of several files (secrets.md §8.2). */
export function journalPath(configPath: string): string {
  return `${configPath}.journal`;
}

/** Name of the lock of one config file in the lock dir (config.md §11). */
export function configLockName(configPath: string): string {
  return `gateway.${pathHash(configPath).slice(0, 8)}.lock`;
}

/** Name of the tunnel's socket in the lock dir, for a state dir whose path is too long for a socket address. */
export function tunnelSocketName(stateDir: string): string {
  return `gateway.${pathHash(stateDir).slice(0, 16)}.sock`;
}

/** The log file of a day, local date (operations.md §6). */
export function logFileName(day: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `pllan-${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}.log`;
}

/** The day in the name of a log file, also one that was moved aside for its size; undefined for other names. */
export function logFileDay(name: string): string | undefined {
  return /^pllan-(\d{4}-\d\d-\d\d)\.log(?:\.\d+)?$/.exec(name)?.[1];
}

function pathHash(path: string): string {
  return createHash('sha256').update(path).digest('hex');
}

function nonEmpty(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed ? trimmed : undefined;
}
