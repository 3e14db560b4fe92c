/** Bounds of sessions, their transcripts and the runs on them: name with its unit, one sentence of reason. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** How much of a session a model is shown, newest first, until it is known what its context holds. */
export const historyLimits = {
  messages: 1_000,
  chars: 400_000,
  /** A thread keeps what it has read of the sessions used last, up to this … */
  keptChars: 4_000_000,
  /** … where a line counts as so much more than its text. */
  lineChars: 100,
  /** Images, and their bytes: what one message may have. */
  images: 64,
  imageBytes: 20 * MIB,
} as const;

/** Files of a workspace that its agent is told of before each turn. */
export const workspaceLimits = {
  /** Of each; what is beyond it is left out. */
  promptFileBytes: 20_000,
  /** Workspaces whose files a thread does not read again before they change. */
  keptPrompts: 64,
  /** A file that changed more recently is read again: clocks of file systems tick up to every 2 s (FAT). */
  settleMs: 3_000,
} as const;

/** Summaries of sessions by their model (runs-and-events.md §8). */
export const compactionLimits = {
  /** What a token is worth until a model has counted; English text has about four. */
  charsPerToken: 4,
  /** So much is summarized at once; half of it when that is too much for the model, and so on down to … */
  pieceChars: 200_000,
  /** … this: a model that cannot read that cannot be helped. */
  pieceMinChars: 6_000,
  /** For all pieces together. */
  timeoutMs: 600_000,
} as const;

/** What `health` and `status` tell of sessions (methods.md §2). */
export const overviewLimits = {
  recent: 10,
  recentInHealth: 5,
  /** After a change, so that many changes are one reading. */
  afterMs: 250,
} as const;

/** `chat.history` (methods.md §3). */
export const historyPageLimits = {
  defaults: { limit: 200, offset: 0, maxChars: 8_000, maxBytes: 6 * MIB },
  /** Whatever is asked for: the primary makes it, and the rest is on the next page. */
  maxBytes: 6 * MIB,
  rowBytes: 128 * KIB,
  /** A session that goes on while its page is read is read anew; so often in all. */
  tries: 3,
} as const;

/** Runs on sessions (runs-and-events.md §3, §5, §10, §12). */
export const runLimits = {
  /** Between two pieces of an answer's text, as clients get it … */
  deltaMs: 75,
  /** … in steps of this, common to all runs: it is also how often text leaves the thread that gets it. */
  deltaStepMs: 25,
  waitingPerSession: 64,
  waiting: 10_000,
  /** Messages of all runs that have not ended, together: ten thousand of the longest are more than memory holds. */
  waitingChars: 128 * MIB,
  /** Lanes in use at one time: each has a place of its own, so their number bounds what runs at once. */
  lanes: 64,
  /** A wait in a lane that is longer than this is logged. */
  laneWaitMs: 2_000,
  /** A run that produced nothing may begin anew on another worker; so often. */
  attempts: 3,
  /** How long a run waits for a worker when there is none. */
  noWorkerMs: 30_000,
  waitDefaultMs: 30_000,
  /** Calls of `agent.wait` that wait at one time: of one connection, and of all. */
  waitsPerConnection: 256,
  waits: 10_000,
  /** How long the keys of ended runs are kept, and how many. */
  keptMs: 86_400_000,
  kept: 100_000,
  pruneIntervalMs: 600_000,
  /** The longest that a run may take, whatever its own limit says. */
  longestMs: 86_400_000,
} as const;

/** Runs on sessions that HTTP clients wait for. */
export const clientRunLimits = {
  /** What requests say to the model alone, of all that wait in one worker: bodies of 20 MiB may wait by the hundred. */
  waitingChars: 256 * MIB,
  /** Longest timer that Node can set: runs have limits of their own, and those that wait end with those before them. */
  longestMs: 2_147_483_647,
  /** Of an `Idempotency-Key` (http.md §4). */
  keyChars: 256,
} as const;

/** What is kept of messages that were too many to wait (runs-and-events.md §5). */
export const droppedLimits = {
  /** Short lines of one session; the oldest give way. */
  lines: 20,
  lineChars: 160,
} as const;

/** Reading of sessions and transcripts on the event loop. */
export const readingLimits = {
  /** Calls that read much and go on at one time, of all connections … */
  atOnce: 2,
  /** … and those of one that wait for their turn. */
  waitingPerConnection: 256,
  /** Lines that are read at once: each may be as long as a message. */
  lines: 8,
  /** After this long other work gets its turn. */
  turnMs: 8,
} as const;

/** Methods on sessions (methods.md §4). */
export const sessionLimits = {
  listDefault: 100,
  /** Rows of one list, whatever is asked for; the rest is on the next page. */
  listRows: 1_000,
  /** Rows of one page of `/sessions/{key}/history`. */
  historyRows: 1_000,
  /** Sessions that a filtered list looks at, updated last first: many times what maintenance keeps. */
  scan: 10_000,
  /** Sessions that are looked at before other work gets its turn. */
  chunk: 50,
  /** Lines at the beginning or end of a transcript in which a title or the last message is looked for. */
  textLines: 8,
  titleChars: 60,
  lastMessageChars: 160,
  previewKeys: 64,
  previewDefaultItems: 12,
  previewItems: 50,
  previewDefaultChars: 240,
  previewChars: 2_000,
} as const;

/** Removal of old sessions and transcripts (runs-and-events.md §7). */
export const maintenanceLimits = {
  /** After the start, which has enough to do … */
  firstMs: 1_000,
  /** … and after the last time. */
  intervalMs: 600_000,
  /** Sessions, archives or transcripts that are looked at before other work gets its turn. */
  page: 50,
  /** Lines of one commit: each may be as long as a message, and is read. */
  lines: 16,
} as const;

/** Events about sessions (methods.md §4.2). */
export const sessionEventLimits = {
  /** Changes of a session wait so long for the next one … */
  debounceMs: 100,
  /** … and leave so long after the first of them at the latest. */
  latestMs: 500,
  /** Sessions whose messages one connection may listen to. */
  messageSubscriptions: 1_000,
} as const;

/** What waits for a session's next turn (methods.md §2, `system-event`). */
export const systemEventLimits = {
  /** Of one session; the oldest give way. */
  waiting: 20,
  /** One of them; longer text is cut. */
  textChars: 4_096,
} as const;

/** Sessions that are read out of the store while a gateway runs. */
export const exportLimits = {
  /** Lines in memory at one time: each may be as large as a frame. */
  pageLines: 16,
} as const;
