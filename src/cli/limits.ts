/** Bounds of the command line client, each with its reason. */

/** Calls to a gateway. */
export const clientLimits = {
  /** Default of `--timeout`: connecting and asking together (cli.md §1). */
  timeoutMs: 10_000,
  /** Longest `--timeout`: Node's timers end here. */
  maxTimeoutMs: 2_147_483_647,
  /** After a refused connect the gateway closes the socket; its close code is waited for this long. */
  closeWaitMs: 1_000,
} as const;

/** Looking at the local port. */
export const portLimits = {
  /** Where listeners cannot be listed, a connection attempt tells whether there is one. */
  connectMs: 1_000,
  /** `lsof` can hang on dead network mounts. */
  lsofMs: 3_000,
} as const;

/** The tunnel of `gateway probe --ssh`. */
export const probeLimits = {
  /** How often its local port is tried while ssh connects. */
  sshPollMs: 50,
  /** Of what ssh says only the end is kept. */
  sshTextChars: 4_000,
} as const;

/** Lines that a health answer may fill (cli.md §7). */
export const healthLimits = {
  recentSessions: 5,
} as const;
