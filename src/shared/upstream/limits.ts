/** Bounds of calls to model providers, and of fetching from addresses that models and strangers name. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** Calls to model providers. */
export const upstreamLimits = {
  /** How late a deadline below may be noticed. */
  deadlineSweepMs: 100,
  connectMs: 10_000,
  /** Until the first byte of the answer (runs-and-events.md §10: a model that says nothing). */
  firstByteMs: 120_000,
  /** Between two pieces of an answer. */
  idleMs: 120_000,
  /** Tries in all when the connection fails before the first byte. */
  attempts: 3,
  retryDelayMs: 100,
  connectionsPerOrigin: 256,
  keepAliveMs: 30_000,
  /** A JSON answer larger than this is refused, and a stream that is collected to one. */
  responseBytes: 32 * MIB,
  /** What an event of a collected stream counts besides its text: providers send words, not letters. */
  eventOverheadBytes: 64,
  /** Calls of tools in one answer. Models that call many at once call dozens. */
  toolCalls: 1_024,
  /** What a model says, calls and wants back in one turn on a session: all of it is stored, and told to who watches. */
  sessionChars: 8 * MIB,
  /** Characters of a stream that wait for the end of their event; above it the stream is refused. */
  eventChars: MIB,
  /** Of an error answer only this much is read … */
  errorBytes: 64 * KIB,
  /** … and no longer than this after its head: what counts most is its status. */
  errorMs: 5_000,
  /** When the model has said that it is done: how long usage and the stream's end may take. */
  trailerMs: 5_000,
  /** When an answer is complete and its body is not: how long the rest is dropped before the connection is closed. */
  restMs: 1_000,
  /** Error texts shown to users are cut here (runs-and-events.md §13). */
  messageChars: 600,
  /** A stream waits this long for the provider's first words before its SSE headers go out without them. */
  headHoldMs: 1_000,
} as const;

/** Fetching for models and strangers; how much and how long is said by the caller. */
export const fetchLimits = {
  /** Of a host's addresses so many are tried. */
  addresses: 8,
  /** Names that one thread has looked up at the same time. */
  lookups: 4,
  /** A compressed body may be this much larger than what it may come to. */
  codingBytes: 64 * KIB,
} as const;

/** Providers that fail: what is tried instead, and for how long they are left alone. */
export const failoverLimits = {
  /** A credential's rest grows by this from one refusal to the next (`auth.cooldowns`). */
  cooldownGrowth: 5,
  /** Least rest after a `Retry-After`, which may say 0. */
  retryAfterMinMs: 1_000,
  /** Calls in a row to which an origin gave no answer, or 5xx, before it is left alone … */
  breakerFailures: 5,
  /** … for this long; then one call tries it. */
  breakerPauseMs: 5_000,
} as const;

/** What models can write when neither client nor config says it. */
export const modelLimits = {
  /** Anthropic's API wants a number; every model of it since 2024 can write this much. */
  maxTokens: 8_192,
  /** The least that it takes as a budget for thinking. */
  thinkingMinTokens: 1_024,
} as const;
