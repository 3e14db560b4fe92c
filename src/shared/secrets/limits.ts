/** Bounds of secrets and of where they come from (secrets.md §3, §6). */

const KIB = 1024;
const MIB = 1024 * KIB;

export const secretLimits = {
  /** For reading a file, for a command to end, and for it to print something … */
  timeoutMs: 5_000,
  /** … and the most that a config may allow: a start waits for it. */
  maxTimeoutMs: 120_000,
  fileBytes: MIB,
  /** Parsed on the event loop of the primary: some milliseconds. */
  maxFileBytes: 4 * MIB,
  outputBytes: MIB,
  maxOutputBytes: 4 * MIB,
  /** Providers that are read at one time. */
  providersAtOnce: 4,
  refsPerProvider: 512,
  /** What a command is asked for at once. */
  batchBytes: 256 * KIB,
  /** After a command has ended: time for what it printed last, should somebody who left its group hold the stream. */
  drainMs: 500,
  /** Kinds of credentials that one question may name. */
  targets: 64,
  /** One agent's file of auth profiles. */
  profilesBytes: MIB,
  /** Refs in one config. */
  refs: 4_096,
  /** A value longer than this is no credential. */
  valueBytes: 64 * KIB,
  /** Values shorter than this are ordinary words: hiding them would blot out half of a log. */
  hiddenChars: 8,
  /** Longer ones, and those after so many, are hidden as they are and not as others may encode them. */
  encodedChars: 8_192,
  encodedValues: 512,
  /** A failed activation is tried again after this, and then twice as long each time … */
  retryMinMs: 15_000,
  /** … up to this. */
  retryMaxMs: 600_000,
  /** Failures that one message names; the rest are counted. */
  namedFailures: 5,
} as const;
