/** Bounds of what goes between chat networks and agents. */

export const deliveryLimits = {
  /** Conversations of one account that are sent to at one time. */
  conversations: 8,
  /** Conversations of which the first delivery is looked at at once. */
  page: 16,
  /** What could not be sent until then is not sent any more. */
  oldestMs: 24 * 3_600_000,
  /** How long one part may take. */
  sendMs: 60_000,
  /** Pauses after a part that was not sent: the first, and the longest. */
  pauseMs: 1_000,
  longestPauseMs: 300_000,
  /** Conversations that may pause; with more of them the whole account does. */
  pausing: 256,
  /** How often what is too old is looked for, also of accounts that are gone. */
  sweepMs: 600_000,
  /** Deliveries that are looked at in one turn of it. */
  swept: 64,
  /** How long those that have ended are kept: their ids, and how they ended. */
  keptMs: 7 * 24 * 3_600_000,
  /** Between attempts to store how a part ended, when the store cannot be written. */
  storeRetryMs: 1_000,
  /** How long a caller of `send` waits for the network. */
  answerMs: 30_000,
  /** At a stop: how long what waits may still be sent, and then what is being sent may take. */
  drainMs: 3_000,
  abortMs: 2_000,
  /** Of an error of a network, as it is kept. */
  errorChars: 300,
} as const;
