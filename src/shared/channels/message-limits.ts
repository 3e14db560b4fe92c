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

export const pairingLimits = {
  codeChars: 8,
  validMs: 3_600_000,
  /** People of one account who may wait to be approved. */
  perAccount: 3,
  nameChars: 200,
} as const;

export const inboundLimits = {
  /** Longest ids of messages, people and conversations. */
  idChars: 256,
  /** Of one message. */
  attachments: 16,
  /** All images of a message have to be there by then. */
  fetchMs: 30_000,
  /** What is said of an attachment that the model does not see, and of who speaks in a group. */
  lineChars: 200,
  nameChars: 64,
  /** Messages that are being dealt with at one time; more are refused, to be offered again. */
  open: 1_000,
  /** When too many runs wait: how often and after which pauses a message is tried again before it is refused. */
  busyTries: 10,
  busyPauseMs: 1_000,
  /** How often a network is told that an answer is being written, and for how long at the most. */
  typingMs: 4_000,
  longestTypingMs: 15 * 60_000,
} as const;

export const draftLimits = {
  /** Between two changes of one. */
  stepMs: 1_000,
  /** After one that the network did not take. */
  pauseMs: 3_000,
  sendMs: 30_000,
} as const;
