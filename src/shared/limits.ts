/**
 * Every bound of the gateway, but for those of sessions, channels, tools, hooks, cron jobs, providers and the log, which have a
 * file each: name with its unit, one sentence of reason.
 * A limit that an operator may change lives in the config schema; what is here is fixed.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** The TCP port, before a connection has been given to anyone. */
export const portLimits = {
  /** A header block larger than this is answered 431; Node's own default. */
  headerBytes: 16 * KIB,
  /** A connection that has not shown a whole header block by then is closed. */
  headerTimeoutMs: 10_000,
  /** Connections whose first bytes are still awaited; above it the oldest one is closed. */
  unclassifiedConnections: 1_024,
  /** Connections that wait for a worker to become ready. */
  waitingConnections: 256,
  /** How old such a connection may become before it is answered 503, also when a worker had it offered meanwhile. */
  waitingMs: 3_000,
  /** A worker that reads an offered connection later than this leaves it to others … */
  offerMs: 1_000,
  /** … who get it this much later, when the word of a worker that took it in time would have come. */
  offerGraceMs: 500,
  /** How late that may be noticed. */
  offerSweepMs: 250,
  /** After a refusal: how long what the client still sends is read and dropped, so that it sees the answer. */
  lingerMs: 2_000,
  /** … unless it is more than this. */
  lingerBytes: 256 * MIB,
  /** `listen()` is retried this often when the port is taken … */
  listenAttempts: 20,
  /** … with this pause: a predecessor may be on its way out. */
  listenRetryMs: 500,
  /** Whoever has it is asked whether it is a gateway, and has this long to say so … */
  liveProbeMs: 1_000,
  /** … in this many bytes. */
  liveProbeBytes: 4 * KIB,
  /** Paths of Unix sockets over this length do not fit `sun_path` on every system. */
  socketPathBytes: 100,
} as const;

/** Questions between processes (`asking.ts`). */
export const askLimits = {
  /** That one process has put to another and that are not answered. */
  open: 16_384,
  /** For what the primary answers at once. */
  timeoutMs: 30_000,
  /** That one task of a thread has put to its process. */
  openPerTask: 256,
} as const;

/** TLS on the port; the time for a handshake is that for a header block. */
export const tlsLimits = {
  /** Handshakes under way in one process; above it the oldest one is cut. */
  handshakes: 1_024,
  /** How often the files are looked at … */
  pollMs: 1_000,
  /** … and how long they are left alone after a change: certificate and key are two files. */
  settleMs: 200,
  /** A certificate of our own: the longest that browsers believe is 825 days. */
  validDays: 800,
  /** It is renewed so long before its end … */
  renewDays: 30,
  /** … which is looked at so often. */
  renewCheckMs: 12 * 3_600_000,
} as const;

/** What is said about values that do not fit a schema. */
export const schemaLimits = {
  /** Problems that are looked for; messages show fewer. */
  problems: 8,
  /** Names from the value itself are cut here. */
  nameChars: 80,
} as const;

/** WebSocket control plane (protocol.md §3, §15). */
export const controlLimits = {
  /** A call that takes this long is worth a log line (operations.md §6). */
  slowCallMs: 50,
  maxPayloadBytes: 25 * MIB,
  preAuthPayloadBytes: 64 * KIB,
  /** Unsent bytes of one socket above which events are skipped or the socket is closed. */
  maxBufferedBytes: 50 * MIB,
  /** Unsent bytes of all sockets together; above it the fullest are closed. */
  maxBufferedTotalBytes: 512 * MIB,
  /** Sockets of one address that have not authenticated yet. */
  preAuthConnectionsPerIp: 32,
  handshakeTimeoutMs: 15_000,
  /** Frames that may wait while the `connect` before them is decided on. */
  handshakeFrames: 15,
  tickIntervalMs: 30_000,
  /** Calls that a connection may make although its role may not, before it is closed. */
  callsOutOfRole: 10,
  /** Between close frame and termination. */
  closeGraceMs: 1_000,
  closeReasonBytes: 120,
  /** Messages of one connection that wait for a large one before them. */
  queuedFrames: 256,
  /** So long the event loop takes requests in one turn; what was read with them waits for the next. */
  turnMs: 5,
  /** Of one message, and their bytes together and singly, decoded. */
  attachments: 64,
  attachmentBytes: 20 * MIB,
  attachmentImageBytes: 6 * MIB,
} as const;

/** Calls of methods that change the gateway itself (protocol.md §7). */
export const writeLimits = {
  /** Of one client and method … */
  calls: 30,
  /** … in this time. */
  windowMs: 60_000,
  /** Clients and methods that are remembered; those that called longest ago give way. */
  entries: 1_000,
} as const;

/** Sets of scopes that connections share. Few are in use; what is above has a set of its own. */
export const scopeSetLimits = {
  sets: 64,
  /** Of all its scopes. */
  chars: 512,
} as const;

/** How frames leave for WebSockets. */
export const outboxLimits = {
  /** A frame up to here is copied next to the others of its tick; a larger one is sent from where it is. */
  copiedBytes: 4 * KIB,
  /** What goes to many sockets lets other work in after this. */
  turnMs: 5,
} as const;

/** Large WebSocket messages, which a thread reads. */
export const largeFrameLimits = {
  /** From here on a message may take longer to parse than other connections should wait. */
  aboveBytes: 256 * KIB,
  /** Values in one: 25 MiB can hold 12 million, and a heap that overflows in a parser can end the whole process. */
  values: 1_000_000,
  /** Of all connections together, waiting for the thread. */
  waitingBytes: 512 * MIB,
  /** The thread reads the worst in a second or two; one that takes this long is ended. */
  readMs: 30_000,
  /** A thread without work is ended after this. */
  idleMs: 30_000,
} as const;

/** A request, and what a client may say about itself in `connect`; protocol.md §2 and §5 name few limits. */
export const requestLimits = {
  /** Ids, names, versions: what is kept, shown to others or sent back. */
  textChars: 256,
  /** Browsers in apps have long ones; it is read and dropped. */
  userAgentChars: 1_024,
  /** A node's search path; on some systems it has dozens of entries. */
  pathChars: 8_192,
  /** Scopes and capabilities: several times what any known client has. */
  scopes: 64,
  /** One message to an agent: the primary stores it and sends it on, so it may not be as large as a frame. */
  messageChars: 1_048_576,
  /** Results of tools that one request brings to a session: the primary stores each as a line. */
  toolResults: 256,
  /** A session's key without its agent's part: whole, it fits the store's index also when each takes three bytes. */
  keyChars: 512,
  /** Containers in one another: what is passed on is written and copied by functions that call themselves. */
  levels: 128,
  /** Marks on one letter of it, as in Unicode's stream-safe text; with more it is not put into its canonical form. */
  marks: 30,
  /** What a node offers: commands, permissions. */
  commands: 256,
} as const;

/** Devices and their approval (protocol.md §3, §11). */
export const deviceLimits = {
  /** How far from the gateway's clock a signature may have been made. */
  signatureSkewMs: 120_000,
  pairingTtlMs: 300_000,
  /** Devices that wait for approval; the oldest give way. */
  pendingRequests: 200,
  /** How exactly the time of a device's last visit is kept: each note is a write. */
  lastSeenResolutionMs: 60_000,
} as const;

/** Counting of failed credentials (protocol.md §10); what can be configured has its default in the config schema. */
export const failedAuthLimits = {
  pruneIntervalMs: 60_000,
  entries: 10_000,
  /** By this much the answer to a loopback client's first failure is held back, doubling … */
  delayMs: 250,
  /** … up to this. */
  delayMaxMs: 5_000,
} as const;

/** Questions to the `tailscale` command about who has an address (http.md §14). */
export const tailscaleLimits = {
  /** `serve` and `funnel` may have to ask Tailscale's servers for a certificate. */
  exposeMs: 30_000,
  statusMs: 5_000,
  /** A stop waits for it. */
  resetMs: 3_000,
  /** What the command says; the status of a large tailnet is long. */
  outputBytes: 4 * MIB,
} as const;

export const whoisLimits = {
  /** One that takes longer is ended. */
  timeoutMs: 5_000,
  /** What it says; a profile is a few KiB. */
  answerBytes: 256 * KIB,
  /** That run side by side … */
  atOnce: 4,
  /** … and with them those that wait; above it whoever asks is refused. */
  open: 32,
  /** How long an answer is remembered … */
  keptMs: 30_000,
  /** … or that there was none. */
  failureKeptMs: 2_000,
  /** Addresses that are remembered; those asked about longest ago give way. */
  entries: 256,
} as const;

/** The store in the state dir. */
export const storeLimits = {
  /** Ended runs that are forgotten in one commit: other work gets its turn after each. */
  prunedAtOnce: 256,
  /** After a failed write, what has to reach the disk for it to count as writable again. */
  trialBytes: 256 * KIB,
  /** Between a trial that failed and the next one for writes: all that come meanwhile wait for it. */
  trialGapMs: 250,
  /** A store that cannot be written may never be done with closing. */
  closeMs: 1_000,
  /** What clients are told that are refused for it. */
  retryAfterMs: 5_000,
} as const;

/** `/v1/responses` (http.md §8.1). */
export const responseLimits = {
  /** Images in one request, and their bytes together, decoded. */
  imageParts: 8,
  totalImageBytes: 20 * MIB,
  /** Files in one request, … */
  fileParts: 16,
  /** … the name of one, longer ones are cut, … */
  fileNameChars: 200,
  /** … and the time that reading one may take, once it is there. */
  readFileMs: 10_000,
  /** Answers whose session is known, so that another request can go on with it … */
  continuable: 500,
  /** … for so long. */
  continuableMs: 30 * 60_000,
  /** Earlier answers that one request refers to by their ids, the latest, … */
  recalled: 500,
  /** … and their texts together. */
  recalledChars: 400_000,
} as const;

/** `/v1/embeddings` (http.md §6). */
export const embeddingLimits = {
  bodyBytes: 5 * MIB,
  /** Texts of one request. */
  inputs: 128,
  /** Of one text, and of all together. */
  itemChars: 8_192,
  totalChars: 65_536,
  /** Numbers of one embedding that may be asked for: models have a few thousand. */
  dimensions: 65_536,
} as const;

/** Nodes, and what is asked of them (methods.md §10). */
export const nodeLimits = {
  invokeDefaultMs: 30_000,
  /** Longest timer that Node can set. */
  invokeMaxMs: 2_147_483_647,
  /** Requests that one node has not answered yet … */
  openPerNode: 64,
  /** … and all of them together: fewer than the answers that are kept for repeats. */
  open: 512,
  /** What a command is given, as JSON. */
  paramsChars: MIB,
  /** What it gives, as JSON: with what is around it a frame that clients take. */
  payloadBytes: 24 * MIB,
  /** What a node says about a failure; longer text is cut. */
  messageChars: 600,
} as const;

/** Answers that are kept for a repeat of their idempotency key (protocol.md §19). */
export const dedupeLimits = {
  ttlMs: 300_000,
  entries: 1_000,
  /** All of them together: one may be as large as a frame. */
  chars: 64 * MIB,
  /** Requests over HTTP with a key that are not answered yet. */
  open: 4_096,
} as const;

/** `usage.cost` (methods.md §5). */
export const usageLimits = {
  defaultDays: 30,
  /** Days of one report: each is a few records to read. */
  days: 1_000,
  /** How long usage that no run's end records waits for other such to be written with. */
  flushMs: 2_000,
  /** Of days, agents and models, while the store cannot be written. */
  waitingRows: 10_000,
} as const;

/** Presence list (protocol.md §13). */
export const presenceLimits = {
  ttlMs: 300_000,
  entries: 200,
  /** Changes within this time of the last broadcast leave together: n clients arriving cost n lists, not n². */
  broadcastIntervalMs: 100,
  /** What the gateway says of its machine is asked for again after this. */
  selfFactsMs: 10_000,
} as const;

/** Health snapshot and event-loop monitor (operations.md §7). */
export const healthLimits = {
  refreshIntervalMs: 60_000,
  /** Refreshes asked for by `health` calls, probing or not, are at least this far apart. */
  refreshMinIntervalMs: 1_000,
  sampleIntervalMs: 1_000,
  delayDegradedMs: 1_000,
  utilizationDegraded: 0.95,
  cpuCoreDegraded: 0.9,
  readinessCacheMs: 1_000,
  /** Whether the state directory can be written is looked at this often, asked or not. */
  stateDirCheckMs: 2_000,
  /** A clock that went so much further than this pause … */
  freezeMs: 30_000,
  /** … between two looks. */
  freezeCheckMs: 5_000,
} as const;

/** Worker supervision by the primary. */
export const workerLimits = {
  pingIntervalMs: 1_000,
  /** Silent for this long: no new connections. */
  suspectAfterMs: 3_000,
  /** Silent for this long: killed and replaced. */
  killAfterMs: 15_000,
  /** A worker that has not said `ready` by then is killed. */
  startTimeoutMs: 15_000,
  respawnMinMs: 100,
  respawnMaxMs: 10_000,
  /** Deaths before `ready` in a row after which the gateway calls itself degraded. */
  earlyDeathsUntilDegraded: 5,
  /** A worker that was told to exit and still lives after this is killed. */
  exitGraceMs: 1_000,
  /** A worker that has not said by then that it uses a new config is replaced. */
  confirmMs: 5_000,
  /** What is left of a worker's work when it should have left gets so long to be told. */
  cutOffMs: 2_000,
  /** The next one is replaced when it has ended, or after this. */
  rollPauseMs: 2_000,
  /** Processes that end before they are ready, in a row, after which a new one is given up and the old one stays. */
  rollTries: 3,
  metricsPushMs: 1_000,
} as const;

/** Threads of the api pool, watched by their worker process. */
export const threadLimits = {
  beatIntervalMs: 500,
  /** A thread silent for this long with tasks open is ended; piscina starts another. */
  silentMs: 10_000,
  checkIntervalMs: 1_000,
  /** Tasks per thread: a turn mostly waits, so this caps open streams, not CPU. */
  concurrentTasks: 1_024,
  /** JavaScript heap of a thread: one that needs more ends alone instead of taking its process with it … */
  heapMib: 2_048,
  /** … and earlier where this share of the memory, divided among the threads of the process, is less. */
  heapShare: 0.5,
  /** Tasks or parts that go between process and thread in one message; fewer when no more come in a turn. */
  batch: 16,
  /** `Retry-After` of an answer that was refused because the pool is full. */
  retryAfterSeconds: 1,
} as const;

/** HTTP in a worker (operations.md §16, http.md §4). */
export const httpLimits = {
  /** Of the Control UI: an HTML file is looked through for scripts, unless it is larger. */
  pageBytes: 2 * MIB,
  /** The primary says within this what becomes of a failed credential; else 503. */
  attemptMs: 5_000,
  keepAliveMs: 75_000,
  /** A connection silent for this long is probed by the kernel: a client that vanished never says so. */
  tcpKeepAliveMs: 60_000,
  /** How often Node looks for connections past their header deadline. */
  connectionsCheckMs: 2_000,
  bodyTimeoutMs: 30_000,
  /** How late the end of that time may be noticed. */
  deadlineSweepMs: 500,
  /** A client whose socket is full and who takes nothing for this long, or up to twice as long, is cut off. */
  stalledClientMs: 60_000,
  /** Sessions that clients of one worker follow … */
  watchedSessions: 1_000,
  /** … each with a sign of life so often, which shows who has gone … */
  streamKeepAliveMs: 15_000,
  /** … and cut off when so many lines come before its page has gone out, … */
  unsentLines: 1_000,
  /** … or so much has not been taken. */
  unreadStreamBytes: 8 * MIB,
  /** After an answer that was given before its request's body had come: how long what still arrives is dropped. */
  discardMs: 5_000,
  /** A client that ended its sending side is probed after this while its answer is outstanding … */
  halfClosedProbeMinMs: 20,
  /** … and then after pauses that double up to this. */
  halfClosedProbeMaxMs: 1_000,
  /** Tunnelled requests and upgrades give up connecting to the primary after this. */
  tunnelConnectMs: 3_000,
} as const;

/** Stopping (operations.md §3). */
export const shutdownLimits = {
  drainMs: 20_000,
  forcedExitMs: 2_000,
  totalMs: 28_000,
} as const;

/** Restarts (operations.md §3.2). */
export const restartLimits = {
  /** What a writer left behind that was ended in the middle is removed when it is so old (operations.md §15). */
  temporaryMs: 3_600_000,
  /** What clients are told about how long it takes until they can come again. */
  expectedMs: 1_500,
  /** Between two that nobody asked for, as after edits of the config. */
  coolDownMs: 30_000,
  /** How long runs may hold up one that a client asked for. */
  deferralMs: 300_000,
  /** A change of the config that a client wrote: whoever made it has this long to read the answer. */
  afterWriteMs: 2_000,
  /** How old the file may be with which whoever stops the gateway says that it comes again. */
  intentMs: 60_000,
  intentBytes: 1_024,
  /** So many starts that came to no proper end … */
  uncleanBoots: 3,
  /** … within this time, and channels are left alone. */
  bootWindowMs: 300_000,
  /** Starts that are remembered. */
  boots: 16,
  bootHistoryBytes: 16 * KIB,
  sentinelBytes: 64 * KIB,
  /** Of a reason or note. */
  textChars: 4_096,
} as const;

/** Notifications for systemd (cli.md §15.3). */
export const notifyLimits = {
  /** One run of `systemd-notify`, which waits until it has been heard; a stop may have to wait for two. */
  commandMs: 3_000,
  /** While it starts, the gateway asks for this much more time … */
  startMs: 30_000,
  /** … this often. */
  startPollMs: 10_000,
} as const;

/** Instance locks and `--force` (config.md §11). */
export const lockLimits = {
  waitMs: 5_000,
  pollMs: 100,
  /** A process that takes over a dead one's lock is done long before. */
  takeoverMs: 2_000,
  forceTermMs: 700,
  forceKillMs: 2_000,
  forceBindMs: 3_000,
} as const;

/** Prometheus exposition (http.md §12). */
export const metricsLimits = {
  labelChars: 120,
} as const;
