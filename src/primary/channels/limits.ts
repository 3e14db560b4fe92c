/** Bounds of channel accounts (operations.md §7, §8). */

export const accountLimits = {
  /** From the begin of a run to `host.connected()`. */
  connectMs: 60_000,
  /** For a run to end that has been told to; then it is left alone, and another object takes its place. */
  stopMs: 5_000,
  /** For what is being sent when the gateway stops: with the accounts' own time well within that of a stop. */
  messagesStopMs: 5_000,
  /** For a network's module to load. */
  loadMs: 15_000,
  sendMs: 60_000,
  /** The network's pace may make a part wait for long. */
  pacedMs: 300_000,
  receivedMs: 15_000,
  logoutMs: 15_000,
  /** What is under way when its caller gives up has so long to say how far it came. */
  graceMs: 2_000,
  /** First pause after a run that failed, doubled with each … */
  backOffMs: 5_000,
  /** … up to this. A network may ask for more … */
  backOffMostMs: 300_000,
  /** … within reason. */
  retryAfterMostMs: 3_600_000,
  backOffJitter: 0.1,
  /** Runs in a row that fail, before it stays stopped. */
  attempts: 10,
  /** A run that lasted so long was a good one: failures count anew. */
  steadyMs: 300_000,
  /** Of a network's words, in rows. */
  errorChars: 500,
  /** Of what it tells of an account, as JSON. */
  factsChars: 4_000,
} as const;

/** What comes in: a flood on one account must not be felt by anybody else. */
export const inboundLimits = {
  perSecond: 50,
  /** At once, after a pause. */
  burst: 10,
  /** Being stored … */
  underWay: 16,
  /** … for so long, attachments included; then it is to be offered again. */
  takeMs: 120_000,
  /** More are refused, and to be offered again. */
  waiting: 1_000,
} as const;

export const healthCheckLimits = {
  /** Restarts of one account in an hour. */
  restartsPerHour: 10,
  /** Checks after a restart that leave the account alone. */
  coolDownCycles: 2,
  /** For an account that was silent to prove that it is connected. */
  probeMs: 10_000,
} as const;

export const probeLimits = {
  atOnce: 5,
  /** `channels.status`: time of one probe. */
  defaultMs: 10_000,
  leastMs: 1_000,
  mostMs: 60_000,
  /** `health` with probes, in all. */
  healthMs: 7_000,
  /** Probes for `health` are at least this far apart. */
  healthIntervalMs: 1_000,
} as const;

/** An account is no reason not to be ready before it has been without connection for so long (http.md §2). */
export const READY_GRACE_MS = 120_000;
