/** Bounds of web hooks (http.md §11). As in `shared/limits.ts`. */

const KIB = 1024;
const MIB = 1024 * KIB;

export const hookLimits = {
  /** Of a request, when the configuration says nothing … */
  bodyBytes: 256 * KIB,
  /** … and the most that it can say: a body is parsed on the worker's event loop. */
  bodyMaxBytes: 4 * MIB,
  /** Of an idempotency key. */
  keyChars: 256,
  /** A hook's name stands in front of what its run has to say. */
  nameChars: 80,
  /** A transform has so long; whoever calls does not wait much longer. */
  transformMs: 10_000,
  /** For the primary to store what was asked for. */
  acceptMs: 10_000,
  mappings: 1_000,
} as const;

/** Of tokens, and of requests of chat networks; loopback clients are locked out like others (protocol.md §10). */
export const hookAuthLimits = {
  maxAttempts: 20,
  windowMs: 60_000,
  lockoutMs: 60_000,
  exemptLoopback: false,
} as const;
