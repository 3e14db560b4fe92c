/** Bounds of the Telegram channel: those that Telegram sets, and ours. */

const KIB = 1024;
const MIB = 1024 * KIB;

export const telegramLimits = {
  /** UTF-16 units of a message's text and of a caption, without its markup. */
  textChars: 4_096,
  captionChars: 1_024,
  /** Messages that one call brings: few enough to be read on the event loop. */
  updates: 50,
  /** So long the server holds a call for messages open when there are none … */
  pollSeconds: 30,
  /** … and so much later its answer is given up. */
  pollGraceMs: 15_000,
  /** For any other call to be answered … */
  callMs: 30_000,
  /** … of which so much for a connection. */
  connectMs: 10_000,
  /** Of an answer of the server. */
  answerBytes: 8 * MIB,
  /** At one time, to the server. */
  connections: 16,
  /** A connection without use is closed after this, well before servers do: a call on one that is just being closed is lost. */
  idleConnectionMs: 4_000,
  /** That an answer is being written is shown in time or not at all. */
  typingMs: 5_000,
  /** A file is given up that does not arrive in this time. */
  downloadMs: 120_000,
  /** Calls for messages that fail in a row, with a pause that doubles, before the connection counts as lost. */
  pollTries: 6,
  pollRetryMs: 250,
  /** A message that cannot be taken now is offered again after this, doubling … */
  offerRetryMs: 500,
  /** … up to this. */
  offerRetryMaxMs: 30_000,
  /** While one waits, the others are asked for at least so far apart. */
  besideWaitingMs: 2_000,
  /** Pictures that were sent together come one by one; this long after the last of them they are one message. */
  albumMs: 600,
  albumItems: 10,
  /** Numbers of messages start anew when there were none for a week: an older offset could skip some. */
  offsetMs: 6 * 86_400_000,
  /** Where another program serves the account, it is left alone for this long. */
  conflictMs: 30_000,
  /** How often it is looked whether the webhook is still ours. */
  webhookCheckMs: 60_000,
  /** Requests that the server sends to a webhook at one time; those of one chat come one after another. */
  webhookConnections: 20,
  /** A file that is uploaded out of a `data:` URL. */
  uploadBytes: 10 * MIB,
} as const;

/** What Telegram lets a bot send: so many at once, and one more after each interval. */
export const telegramPace = {
  /** 30 in a second, as they arrive: those on a slow way are caught up with by those behind them. */
  all: { burst: 3, intervalMs: 40 },
  /** One in a second; short bursts pass. */
  chat: { burst: 3, intervalMs: 1_000 },
  /** 20 in a minute. */
  group: { burst: 5, intervalMs: 4_000 },
  /** Chats that are remembered; those that are idle are forgotten first. */
  chats: 10_000,
} as const;
