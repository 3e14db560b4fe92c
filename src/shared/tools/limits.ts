/** Bounds of commands, of their approval, and of tools that clients call themselves. As in `shared/limits.ts`. */

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
