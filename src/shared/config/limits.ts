/** Bounds of the config file and what belongs to it (config.md §3, §4, §6). */
const MIB = 1024 * 1024;

export const configLimits = {
  /** One file; also one that is included. */
  fileBytes: 2 * MIB,
  /** Lists and objects in one another. */
  levels: 64,
  /** Files that include each other, the config file not counted. */
  includeDepth: 10,
  /** Inclusions in all: files that include others twice each would double the work with every level. */
  includes: 256,
  /** A `.env` file. */
  dotenvBytes: MIB,
  /** A writer waits so long for another one … */
  lockWaitMs: 5_000,
  lockPollMs: 50,
  /** … whose lock counts no more when it is older than this: a write takes milliseconds. */
  lockStaleMs: 30_000,
  /** Former contents that are kept: `.bak`, `.bak.1` … */
  backups: 5,
  /** Contents that were not written, kept for whoever looks for what happened. */
  rejected: 5,
  /** From this size on a write that halves a file is taken for an accident. */
  clobberBytes: 512,
  /** What clients ask about the config, waiting for its thread … */
  waitingTasks: 32,
  /** … which is ended when it takes this long … */
  taskMs: 30_000,
  /** … and when it has had nothing to do for this long. */
  idleMs: 10_000,
  /** After the first event of a change its files are looked at this much later … */
  lookMs: 20,
  /** … or this often, where the system does not say that something happened. */
  watchPollMs: 2_000,
  /** A config file that is gone may be about to come back: it is waited for that many times. */
  missingRounds: 3,
  /** Changed paths that one line of the log names. */
  loggedPaths: 50,
  /** What a login shell prints. */
  shellBytes: 4 * MIB,
} as const;
