/** Bounds of IRC accounts. As in `shared/limits.ts`. */
export const ircLimits = {
  /** From the first packet to the welcome, TLS and SASL included. */
  registerMs: 30_000,
  /** Of what has come of a line: 8,191 bytes of tags and 512 of the rest are allowed, some networks send more. */
  lineBytes: 32 * 1024,
  /** What a server passes on to others, its line break included, when it does not say so itself. */
  sentLineBytes: 512,
  /** Of nick, user and host in front of our own lines, as long as the server has not shown them. */
  nickBytes: 31,
  userHostBytes: 75,
  /** Room in a line that is always used: one that is full of names leaves text at least that much. */
  leastTextBytes: 64,
  /** A server of which nothing is heard for so long is asked … */
  idleMs: 60_000,
  /** … and given up when it stays silent for so long. Also what a message has to be confirmed in. */
  answerMs: 30_000,
  /** For QUIT to leave. */
  quitMs: 1_000,
  /** Joining the first time: the account counts as connected then, whatever is still awaited. */
  joinMs: 10_000,
  /** After it was kicked or refused, the first time and at most. */
  rejoinMs: 2_000,
  rejoinMaxMs: 300_000,
  /** How often channels and nick are held against what the config says. */
  upkeepMs: 30_000,
  /** For the services to answer. */
  identifyMs: 5_000,
  /** Lines at once, and a second, when the config says nothing. */
  burst: 5,
  perSecond: 1,
  /** Answers to CTCP that wait; above it they are not given. */
  ctcpAnswers: 5,
  /** Messages that came and could not be taken yet; above it they are lost, and that is said. */
  waitingMessages: 1_000,
  /** The pause before one is offered again. */
  offerAgainMs: 1_000,
  /** When a message into a channel that it is not in may be tried again. */
  notJoinedMs: 10_000,
  /** Of the server's words in an error. */
  reasonChars: 200,
} as const;
