/** Bounds of tools: of built-in ones, of commands and their approval, of calls and who makes them. As in `shared/limits.ts`. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** Approval of commands (methods.md §11). */
export const approvalLimits = {
  /** One command line: with what is around it an argument that every system takes. */
  commandChars: 32 * KIB,
  patternChars: 1_024,
  /** The file, and what is in it: it is read on the event loop. */
  fileBytes: MIB,
  agents: 256,
  entries: 1_024,
  /** How long a decision is waited for, if nothing else is said … */
  waitMs: 120_000,
  /** … and at the most. */
  waitMaxMs: 3_600_000,
  /** Of commands of our own tools, and as many of clients' requests, that wait for a decision. */
  pending: 128,
  /** Calls that wait for one of them. */
  waits: 1_024,
  /** How long the decision is kept for whoever asks again … */
  keptMs: 60_000,
  /** … and how many. */
  kept: 256,
} as const;

/** Tools that clients call themselves (http.md §9). */
export const directCallLimits = {
  bodyBytes: 2 * MIB,
  /** Over RPC, as JSON … */
  argsChars: 2 * MIB,
  /** … of all calls together that are not answered yet, and how many these may be. */
  openChars: 64 * MIB,
  open: 1_024,
  keyChars: 256,
  /** For a list of tools from a worker. */
  listMs: 5_000,
  /** For noting or looking up an idempotency key in the primary. */
  keyMs: 10_000,
} as const;

/** Commands of the exec tool. */
export const execLimits = {
  /** Of one worker at one time, those that wait for a decision among them. */
  running: 64,
  /** Of what a command prints this much is kept, from its beginning and its end. */
  outputBytes: 64 * KIB,
  /** Between SIGTERM and SIGKILL. */
  termGraceMs: 2_000,
  /** For what is printed last, after the end. */
  drainMs: 500,
  /** Between two looks at the output while it runs. */
  progressMs: 250,
  /** How long the primary may take to note a process group. */
  announceMs: 5_000,
  /** For the answer whether a command may run: longer than a decision is waited for. */
  approvalMs: 150_000,
  variables: 32,
  variableChars: 1_024,
  /** Of a command, in seconds, when the configuration says nothing; and the most that it can say. */
  timeoutSec: 1_800,
  timeoutMaxSec: 86_400,
} as const;

/** Calls of tools, and the threads that they run in. */
export const toolRunLimits = {
  /** Of one call in the tool pool; its thread is ended then. */
  timeoutMs: 120_000,
  /** Of any call, also one that waits for somebody's decision. */
  longestMs: 86_400_000,
  /** How long a call waits for a thread before it is refused. */
  queueMs: 30_000,
  /** Calls that wait for a thread. */
  waiting: 256,
  /** JavaScript heap of a thread. */
  heapMib: 192,
  youngHeapMib: 16,
  stackMib: 4,
  /** Memory beside the heap, which its limit does not count: of a call that says how much it has … */
  bufferMib: 256,
  /** … and what the process may grow by while a thread says nothing. The heap is in it. */
  silentGrowthMib: 512,
  watchIntervalMs: 100,
  beatIntervalMs: 50,
  /** A thread is ended when it has had nothing to do for this long … */
  idleMs: 10_000,
  /** … and is reported when it has not ended this long after it was told to. */
  endingMs: 10_000,
  /** What a call may print; it goes nowhere. */
  printedBytes: 16 * MIB,
  /** A result as JSON, images in it included. */
  resultChars: 8 * MIB,
  /** Between two partial results of one call. */
  updateMs: 250,
  messageChars: 600,
} as const;

/** Servers whose tools agents get (config.md §8 `mcp`). */
export const mcpLimits = {
  servers: 64,
  /** From the start of a server until its tools are known. */
  startMs: 60_000,
  /** Of one call, when the configuration says nothing. */
  callMs: 120_000,
  /** Of one server and worker at one time. */
  calls: 64,
  /** For the first start of a server, of a call that wants to know whether there is such a tool. */
  arrivalMs: 5_000,
  /** Before a server is started again; doubled with each time that it fails … */
  retryMs: 500,
  /** … up to this. */
  retryMaxMs: 60_000,
  /** One that has been ready for so long is started again at once. */
  healthyMs: 10_000,
  /** Whether it still answers at all, after a call that it did not answer in time. */
  pingMs: 10_000,
  /** Before the rest of an answer that broke off is asked for, whatever the server says about it: so long at least … */
  resumeMinMs: 1_000,
  /** … and at the most. */
  resumeMaxMs: 30_000,
  /** Between two looks at the list of tools, when it says that this has changed. */
  refreshMs: 1_000,
  /** After its input is closed, and again after SIGTERM. */
  endMs: 1_000,
  /** For what it has said last, after its end. */
  drainMs: 500,
  /** One message of a server: a result of `toolRunLimits.resultChars`, as JSON in JSON. */
  messageBytes: 12 * MIB,
  /** What one server may say in a second; the rest waits in its pipe … */
  messagesPerSecond: 1_000,
  bytesPerSecond: 32 * MIB,
  /** … and after so many such seconds in a row it is ended. */
  floodSeconds: 10,
  /** Lines on its output that are no messages: it is ended after so many. */
  strayLines: 1_000,
  /** What it prints for people: in so long a few lines of it are in the log, the rest counted, and of each this much. */
  printedMs: 1_000,
  printedChars: 1_000,
  /** Written to a server that does not read. */
  unsentBytes: 8 * MIB,
  tools: 128,
  /** Pages of a list of tools. */
  pages: 32,
  /** What the APIs of models take of a tool. */
  nameChars: 64,
  descriptionChars: 1_024,
  schemaChars: 32 * KIB,
  schemaDepth: 32,
  labelChars: 120,
  /** Of what a tool says when it fails. */
  errorChars: 2_000,
} as const;

/** Tools in a turn. */
export const toolLoopLimits = {
  /** Answers of the model that call tools; then it has to answer without. */
  rounds: 50,
  callsPerRound: 32,
  calls: 200,
  /** Of one result, as the model is shown it and the transcript keeps it … */
  resultChars: 64_000,
  /** … of an older one, when the model cannot read all of them … */
  shortChars: 2_000,
  /** … and of all results of a turn. */
  totalResultChars: 2_000_000,
  /** Of a result, or a text in arguments, as events tell it. */
  eventChars: 8_000,
  /** Arguments as events tell them; of longer ones all texts are cut. */
  eventArgsChars: 32_000,
} as const;

/** Built-in tools. */
export const toolLimits = {
  pathChars: 4_096,
  keyChars: 1_024,
  urlChars: 8_192,
  patternChars: 1_000,
  /** A text file that is written or changed, and one that is searched. */
  fileBytes: 8 * MIB,
  /** An image that is read. */
  imageBytes: 5 * MIB,
  /** Lines and characters that one `read` gives … */
  readLines: 2_000,
  readChars: 50_000,
  /** … of a file of which so much is looked at to find them. */
  readBytes: 64 * MIB,
  /** All files of one patch, before and after. */
  patchBytes: 32 * MIB,
  patchFiles: 200,
  listEntries: 1_000,
  /** Levels of folders that `list` and `search` go down. */
  depth: 32,
  matches: 500,
  defaultMatches: 100,
  /** Of a line that matches so much is shown. */
  matchChars: 400,
  /** Files that one search looks at. */
  searchFiles: 50_000,
  /** A fetched page after decompression: if nothing is configured, and at the most. */
  webDefaultBytes: 5 * MIB,
  webBytes: 16 * MIB,
  /** The text of it that is shown: if nothing is configured, and at the most. */
  webDefaultChars: 50_000,
  webChars: 500_000,
  webTimeoutMs: 30_000,
  /** Text that is made of a page, before it is cut to what was asked for. */
  webTextChars: 2 * MIB,
  webRedirects: 5,
  /** Levels of elements that are told apart in a page. */
  webDepth: 64,
  sessions: 100,
  defaultSessions: 50,
  /** Runs that have not ended, as far as tools look at them. */
  openRuns: 1_000,
  messages: 200,
  defaultMessages: 20,
  /** A text in a message of `sessions_history`, and all messages together. */
  messageChars: 4_000,
  historyChars: 60_000,
} as const;
