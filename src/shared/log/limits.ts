/** Bounds of the log, each with its reason. */

const MIB = 1024 * 1024;

/** Log records (operations.md §6). */
export const logLimits = {
  /** One message; longer text is cut. */
  messageChars: 8_192,
  /** One field of a record; longer text is cut. */
  fieldChars: 2_048,
  /** Entries of a list or object in a record; the rest is left out. */
  fieldEntries: 100,
  /** Records that one process may write in a second, … */
  recordsPerSecond: 500,
  /** … and characters of them, since the primary handles each once more; the rest are counted in one line. */
  charsPerSecond: 512 * 1024,
  /** Lines of workers that the primary handles in one turn of its event loop … */
  linesPerTurn: 16,
  /** … and those that wait for their turn; above it they are dropped and counted. */
  waitingLines: 20_000,
  /** Records of one kind that strangers can cause: this many are written … */
  repeats: 10,
  /** … in this time; the rest are counted in one line. */
  repeatWindowMs: 60_000,
  /** Files of one day, or of one configured name, that are kept beside the one that is written. */
  rolledFiles: 5,
  /** After a file that was full could not be moved aside, as in a folder that is read-only: it grows so long. */
  rollRetryMs: 60_000,
  /** Lines that wait for the disk; above it they are dropped and counted. */
  unwrittenBytes: 8 * MIB,
  /** Lines that wait for whoever reads the console; above it they are dropped and counted. */
  unreadBytes: 2 * MIB,
  /** The last write before the exit is tried this often when the file is busy … */
  finalWriteTries: 5,
  /** … with this pause. */
  finalWriteRetryMs: 100,
} as const;

/** `--raw-stream`. */
export const rawStreamLimits = {
  /** Of one thread; above it events are left out and counted. */
  unwrittenBytes: 8 * MIB,
} as const;

/** `logs.tail` (methods.md §8). */
export const logTailLimits = {
  defaults: { lines: 500, bytes: 250_000 },
  most: { lines: 5_000, bytes: 1_000_000 },
  /** Reading may take so long: a disk can hang. */
  taskMs: 20_000,
  /** The thread waits so long for the next call: whoever follows the log asks every second. */
  idleMs: 5_000,
  /** Calls that wait for it. */
  waitingTasks: 64,
} as const;
