/** Bounds of cron jobs and heartbeats, as `limits.ts` has those of the rest. */

/** Cron jobs (methods.md §9). */
export const cronLimits = {
  /** All of them are in memory. */
  jobs: 5_000,
  /** Of what a job says. */
  textChars: 16_384,
  /** However often a job is to run: between two of its times. */
  leastGapMs: 1_000,
  /** The clock is looked at so often, whatever is due next. */
  tickMs: 60_000,
  /** After something could not be stored. */
  retryMs: 5_000,
  /** A clock that was set back further was wrong: jobs go by the new one. Else they wait until it is as late again. */
  clockSetBackMs: 3 * 3_600_000,
  /** After so many failures in a row, so long until the next try; the last one from then on. */
  backoffMs: [30_000, 60_000, 300_000, 900_000, 3_600_000],
  /** Jobs whose times are looked at before other work gets its turn. */
  chunk: 50,
  /** Of an entry of a run log. */
  summaryChars: 2_000,
  errorChars: 600,
  /** Entries of one page of run logs, and how many are looked at for it when not all of them are wanted. */
  logPage: 200,
  logScan: 20_000,
  logChunk: 100,
  /** Pages of `cron.list`. */
  listPage: 200,
  /** One call of a webhook, how often it is tried, and how long after each failure. */
  webhookMs: 10_000,
  webhookPausesMs: [1_000, 5_000],
  /** Failures of a job in a row before somebody is told, and how long nobody is told again. */
  alertAfter: 2,
  alertCooldownMs: 3_600_000,
  /** `HEARTBEAT.md`; it is read with every heartbeat. */
  heartbeatFileBytes: 65_536,
  /** Of a heartbeat's answer, in its event. */
  previewChars: 200,
} as const;
