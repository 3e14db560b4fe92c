/** Bounds of the command line client, each with its reason. */

/** Calls to a gateway. */
export const clientLimits = {
  /** Default of `--timeout`: connecting and asking together (cli.md §1). */
  timeoutMs: 10_000,
  /** The same of `secrets reload`: the gateway may have to ask commands. */
  secretsTimeoutMs: 30_000,
  /** What `channels status --probe` leaves the gateway beside the time that networks have. */
  besideProbeMs: 5_000,
  /** Longest `--timeout`: Node's timers end here. */
  maxTimeoutMs: 2_147_483_647,
  /** After a refused connect the gateway closes the socket; its close code is waited for this long. */
  closeWaitMs: 1_000,
  /** File of a key by which this command line or the gateway is known. */
  identityBytes: 65_536,
  /** Intervals without a tick after which a gateway counts as gone (protocol.md §14.3). */
  silentTicks: 2,
} as const;

/** `pllan agent`. */
export const runLimits = {
  /** How much longer than the run itself its end is waited for (cli.md §14). */
  graceMs: 30_000,
  /** Longest `--timeout`, a year; the gateway's own bound. */
  maxSeconds: 31_536_000,
  /** What is kept of the words of a gateway that `--local` starts. */
  startTextChars: 4_096,
  /** One `agent.wait`; the next one follows. */
  waitMs: 30_000,
  /** Time for what is asked beside a run: that it is to stop. */
  asideMs: 10_000,
  /** After a lost connection a new one is tried this often in a row … */
  connectTries: 8,
  /** … with a pause of this before the first try, doubling … */
  pauseMs: 250,
  /** … up to this. */
  maxPauseMs: 30_000,
} as const;

/** `pllan logs`. */
export const followLimits = {
  /** Lines to begin with. */
  lines: 200,
  /** Default of `--timeout`: reading waits for others who read. */
  timeoutMs: 30_000,
  /** Default of `--interval`. */
  intervalMs: 1_000,
  /** After a lost connection a new one is tried this often in a row … */
  tries: 8,
  /** … with a pause of this before the first try, doubling … */
  pauseMs: 250,
  /** … up to this. */
  maxPauseMs: 30_000,
} as const;

/** After a change of the config. */
export const takeOverLimits = {
  /** The gateway that runs is asked this often … */
  pollMs: 100,
  /** … for so long, beside the pause that it makes itself. */
  mostMs: 5_000,
} as const;

/** `pllan gateway discover`. */
export const discoveryLimits = {
  timeoutMs: 2_000,
} as const;

/** `pllan sessions import`. */
export const importLimits = {
  /** Of the index, which is read whole: many times what a gateway keeps. */
  indexBytes: 256 * 1024 * 1024,
  /** Of one line; a longer one is skipped. A gateway writes none that is longer than a frame. */
  lineBytes: 64 * 1024 * 1024,
  /** Lines that are stored together, so many … */
  pageLines: 512,
  /** … or, where they are long, about so much of them. */
  pageBytes: 1024 * 1024,
  /** Skipped lines of one file that are named; the rest are counted. */
  namedLines: 20,
} as const;

/** `pllan status --all`. */
export const overviewLimits = {
  /** Of the log only the end is looked at … */
  logBytes: 256 * 1024,
  /** … for so many lines of trouble. */
  logLines: 20,
} as const;

/** Looking at the local port. */
export const portLimits = {
  /** Where listeners cannot be listed, a connection attempt tells whether there is one. */
  connectMs: 1_000,
  /** `lsof` can hang on dead network mounts. */
  lsofMs: 3_000,
} as const;

/** A tunnel made by ssh. */
export const tunnelLimits = {
  /** How often its local port is tried while ssh connects. */
  sshPollMs: 50,
  /** Of what ssh says only the end is kept. */
  sshTextChars: 4_000,
} as const;

/** Lines that a health answer may fill (cli.md §7). */
export const healthLimits = {
  recentSessions: 5,
} as const;

/** `pllan secrets audit`. */
export const auditLimits = {
  /** Of one file that is looked into. */
  fileBytes: 16 * 1024 * 1024,
  /** Findings that people are shown; `--json` has all. */
  shownFindings: 20,
} as const;

/** `pllan secrets apply` and `configure`. */
export const planLimits = {
  /** A plan, as text. */
  fileBytes: 16_777_216,
  /** A file of credentials that is changed. */
  scrubbedBytes: 16 * 1024 * 1024,
} as const;

/** Service commands (cli.md §5, §15). */
export const serviceLimits = {
  /** One call of a manager's command line; starting a unit waits until the gateway is ready. */
  commandMs: 90_000,
  /** What it may print. */
  commandBytes: 4 * 1024 * 1024,
  /** After a restart the gateway is waited for this long … */
  healthyMs: 60_000,
  /** … asked this often … */
  healthPollMs: 200,
  /** … and given this long for each answer. */
  healthAnswerMs: 2_000,
  /** A gateway that nobody manages ends within this: its own limit is 28 s. */
  stopMs: 30_000,
  stopPollMs: 50,
  /** With `--wait`, runs are looked at this often. */
  waitPollMs: 500,
} as const;

/** `pllan doctor`: below this it speaks up. */
export const doctorLimits = {
  /** Open files of a process (operations.md §16). */
  openFiles: 1_024,
  /** Room on the disk of the state directory: a day of busy logs … */
  freeBytes: 200 * 1024 * 1024,
  /** … and a few transcripts. */
  fullBytes: 20 * 1024 * 1024,
  freeFiles: 1_000,
  /** What was written later than now by more than this was written by a clock that was right, or is wrong itself. */
  clockAheadMs: 86_400_000,
  /** Characters of a token, and of a password, that can be guessed. */
  shortToken: 16,
  shortPassword: 8,
} as const;
