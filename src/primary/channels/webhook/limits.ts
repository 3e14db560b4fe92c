/** Bounds of webhook accounts. As in `shared/limits.ts`. */
export const webhookLimits = {
  /** For a request and its answer, when the config says nothing. */
  timeoutMs: 10_000,
  /** Connections to a receiver: conversations go side by side. */
  connections: 8,
  /** Of an answer; the rest is not read. */
  answerBytes: 64 * 1024,
  /** Of a part: a longer text is cut. */
  textChars: 16_000,
  /** Of names and ids that a request brings. */
  nameChars: 256,
  attachments: 16,
  urlChars: 8_192,
  /** Ids of messages that have come are remembered in so many places … */
  seenSlots: 256,
  /** … so many in each, by so much of their digests. */
  seenInSlot: 16,
  digestChars: 22,
  /** How often an account that has nothing to listen to says that it is there. */
  aliveMs: 60_000,
  /** For the download of an attachment. */
  attachmentMs: 30_000,
  redirects: 3,
} as const;
