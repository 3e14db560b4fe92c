/** The state directory: there, this user's, and nobody else's (cli.md §12, rows 4, 5). */
import { accessSync, constants, existsSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { displayPath, resolvePaths, type Paths } from '../../../shared/paths.js';
import { makePrivateDir } from '../../../shared/private-file.js';
import { changeMode } from '../change-mode.js';
import type { Check, Finding } from '../finding.js';
import { gatewayUser } from '../gateway-user.js';
import { statsOf, unusableParts } from './state-parts.js';

const SECTION = 'State integrity';
const OTHERS = 0o077;
const OWNER = 0o700;

export const stateDir: Check = {
  section: SECTION,
  changesSite: true,
  find({ context }) {
    const { paths } = context;
    const dir = paths.stateDir;
    const shown = displayPath(dir, paths.home);
    const stats = statSync(dir, { throwIfNoEntry: false });
    if (!stats)
      return [
        {
          code: 'state-dir-missing',
          level: 'warn',
          message: `${shown} does not exist yet.`,
          repair: {
            question: 'Make it?',
            level: 'safe',
            run() {
              makePrivateDir(dir);
              return `Made ${shown}`;
            },
          },
        },
      ];
    if (!stats.isDirectory())
      return [
        {
          code: 'state-dir-not-a-dir',
          level: 'error',
          message: `${shown} is not a directory.`,
          advice: 'Move it away, or set PLLAN_STATE_DIR.',
        },
      ];
    const obstacles = closed(dir, stats, shown);
    if (obstacles.length > 0) return obstacles;
    const owner = gatewayUser(paths);
    const own = stats.uid === owner ? [dir] : [];
    return [...unusableParts(paths), ...open([...own, ...privateParts(paths)], owner, paths.home)];
  },
};

/** Folders that another program copies elsewhere while they are written. */
const synced =
  /\/(?:Dropbox|OneDrive[^/]*|Google ?Drive|iCloud ?Drive|Mobile Documents|Nextcloud|pCloud[^/]*)\//i;

export const stateDirPlace: Check = {
  section: SECTION,
  find({ context }) {
    const { paths, env } = context;
    const findings: Finding[] = [];
    if (synced.test(`${paths.stateDir}/`))
      findings.push({
        code: 'state-dir-synced',
        level: 'warn',
        message: `${displayPath(paths.stateDir, paths.home)} seems to be in a folder that is synchronized: that breaks the store.`,
        advice: 'Move it, or set PLLAN_STATE_DIR to a folder of this machine.',
      });
    const other = resolvePaths({ PLLAN_HOME: env.PLLAN_HOME, PLLAN_PROFILE: env.PLLAN_PROFILE });
    if (other.stateDir !== paths.stateDir && existsSync(other.configPath))
      findings.push({
        code: 'state-dir-several',
        level: 'warn',
        message: `There is another state directory, ${displayPath(other.stateDir, paths.home)}; PLLAN_STATE_DIR names this one.`,
        advice: 'A command without that variable means the other one: is that what you want?',
      });
    return findings;
  },
};

function privateParts({
  stateDir: dir,
  configPath,
  storeDir,
  logDir,
  identityDir,
  tokenFile,
  lockDir,
}: Paths): string[] {
  return [
    configPath,
    `${configPath}.bak`,
    join(dir, '.env'),
    join(dir, 'credentials'),
    tokenFile,
    storeDir,
    logDir,
    identityDir,
    join(dir, 'agents'),
    lockDir,
  ];
}

/** One that another user has, and this one may use, is shared on purpose: by a group, as volumes of containers are. */
function closed(dir: string, stats: Stats, shown: string): readonly Finding[] {
  try {
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    return [];
  } catch {
    const me = process.getuid?.();
    const { mode, uid } = stats;
    if (me !== undefined && uid !== me)
      return [
        {
          code: 'state-dir-foreign',
          level: 'error',
          message: `${dir} belongs to user ${uid}, and this is user ${me}.`,
          advice: `sudo chown -R ${me} ${dir}`,
        },
      ];
    const finding = {
      code: 'state-dir-read-only',
      level: 'error',
      message: `${shown} cannot be written to.`,
      advice: 'Look at its permissions and at the file system: chmod u+rwx, or set PLLAN_STATE_DIR.',
    } as const;
    if ((mode & OWNER) === OWNER) return [finding];
    const run = (): string => {
      changeMode(dir, stats, () => OWNER);
      return `Its owner can use ${shown} now`;
    };
    return [{ ...finding, repair: { question: 'Let its owner use it (chmod 700)?', level: 'safe', run } }];
  }
}

/** @param owner of the gateway's files: what belongs to others is shared for a reason, perhaps with that owner */
function open(paths: readonly string[], owner: number, home: string): readonly Finding[] {
  if (process.platform === 'win32') return [];
  const tooOpen = paths.flatMap((path) => {
    const stats = statsOf(path);
    return stats && (stats.mode & OTHERS) !== 0 ? [{ path, stats, isOwn: stats.uid === owner }] : [];
  });
  const namesOf = (some: typeof tooOpen): string =>
    some.map(({ path }) => displayPath(path, home)).join(', ');
  const own = tooOpen.filter(({ isOwn }) => isOwn);
  const foreign = tooOpen.filter(({ isOwn }) => !isOwn);
  const finding = { code: 'state-open-to-others', level: 'warn' } as const;
  return [
    ...(own.length === 0
      ? []
      : [
          {
            ...finding,
            message: `Others can look into ${namesOf(own)}.`,
            repair: {
              question: 'Keep others out (chmod go-rwx)?',
              level: 'safe',
              run() {
                for (const { path, stats } of own) changeMode(path, stats, (mode) => mode & OWNER);
                return `Only this user can use ${own.length === 1 ? 'it' : 'them'} now`;
              },
            },
          } as const,
        ]),
    ...(foreign.length === 0
      ? []
      : [
          {
            ...finding,
            message: `Others can look into ${namesOf(foreign)}, which is another user's.`,
            advice: 'Look at who is to read it: the gateway has to, and others need not.',
          },
        ]),
  ];
}
