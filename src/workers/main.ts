/**
 * The worker process. Life, driven by the primary over IPC:
 *
 *   started (says so) ──configure──▶ ready ──leave──▶ leaving ──(no connection left: drained)──exit──▶ gone
 *                                      │                 ├─cut-off: ends what there is ──▲ (drained)
 *                                      └──────drain──────┴─▶ draining ──(idle: drained)──┘
 *
 * It ignores the signals that a terminal or a service manager sends to the whole group, and ends at once
 * when the channel to the primary closes.
 */
import type { Socket } from 'node:net';
import { unreachable } from '../shared/unreachable.js';
import type { ToWorker, WorkerSnapshot } from '../shared/ipc.js';
import { httpLimits, workerLimits } from '../shared/limits.js';
import { createLogger, type Logger } from '../shared/log/logger.js';
import { createRedactor } from '../shared/log/redact.js';
import { monotonicMs } from '../shared/monotonic.js';
import { toError } from '../shared/to-error.js';
import { shareRoutes, tableSecrets } from '../shared/routes.js';
import { toolSecrets } from '../shared/tools/setup.js';
import { createClientRuns } from './client-runs.js';
import type { ConfigVersion } from './config-version.js';
import { createHttpServer, type HttpServer } from './http/server.js';
import { floodLog } from './log-flood.js';
import { createWorkerMetrics } from './metrics.js';
import { createApiPool } from './pools/api-pool.js';
import { createToolPool } from './pools/tool-pool.js';
import { createSessionRuns, type SessionRuns } from './session-runs.js';
import { createSessionWatches, type SessionWatches } from './session-watches.js';
import { createPrimaryChannel, type PrimaryChannel } from './primary-channel.js';
import { createDirectCalls, type DirectCalls } from './tools/direct-calls.js';
import { openTools } from './tools/open-tools.js';
import { threadAnswers } from './tools/thread-answers.js';

const channel = createPrimaryChannel();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const)
  process.on(signal, () => {});
channel.onDisconnect(() => process.exit(0));

let worker: RunningWorker | undefined;

channel.onMessage((message, socket) => {
  switch (message.type) {
    case 'configure':
      worker ??= start(message.snapshot, message.complete, channel);
      return;
    case 'connection':
      takeConnection(message, socket);
      return;
    case 'failed-clients':
      worker?.http.failedClients(message.secret, message.clients);
      return;
    case 'tls':
      worker?.http.useTls(message.material);
      return;
    case 'run':
      worker?.runs.start(message.job);
      return;
    case 'abort-run':
      worker?.runs.abort(message.runId);
      return;
    case 'session-line':
      worker?.sessions.received(message.watch, message.line);
      return;
    case 'ping':
      channel.send({ type: 'pong' });
      return;
    case 'leave':
      void leave(worker);
      return;
    case 'cut-off':
      void cutOff(worker);
      return;
    case 'drain':
      void drain(worker);
      return;
    case 'exit':
      // After what is on its way to the primary in this turn.
      setImmediate(() => process.exit(0));
      return;
    default:
      unreachable(message);
  }
});

channel.send({ type: 'started' });

function takeConnection(
  message: Extract<ToWorker, { type: 'connection' }>,
  socket: Socket | undefined,
): void {
  const { id, head, expiresAt } = message;
  if (monotonicMs() > expiresAt) {
    // Closes our end only, unread: the primary has its own.
    socket?.destroy();
    channel.send({ type: 'declined', id });
    return;
  }
  channel.send({ type: 'taken', id });
  if (!socket) channel.connectionClosed(); // closed by the client on its way here
  else if (worker) worker.http.adopt(socket, Buffer.from(head, 'latin1'));
  else socket.destroy();
}

/** Connections first: as long as there is one, something may come on it. */
async function leave(running: RunningWorker | undefined): Promise<void> {
  await running?.http.leave();
  await Promise.all([running?.runs.idle(), running?.tools.idle()]);
  await sayDrained(running);
}

/** Runs on sessions end with the process: the primary gives them to another worker, where that can be. */
async function cutOff(running: RunningWorker | undefined): Promise<void> {
  await running?.http.cutOff();
  await sayDrained(running);
}

async function drain(running: RunningWorker | undefined): Promise<void> {
  await Promise.all([running?.http.drain(), running?.runs.idle(), running?.tools.idle()]);
  await sayDrained(running);
}

async function sayDrained(running: RunningWorker | undefined): Promise<void> {
  await running?.stopTools();
  await running?.pushMetrics();
  channel.send({ type: 'drained' });
}

interface RunningWorker {
  readonly http: HttpServer;
  readonly runs: SessionRuns;
  readonly sessions: SessionWatches;
  readonly tools: DirectCalls;
  /** Once nothing calls one any more. */
  stopTools(): Promise<void>;
  /** Tells the primary what has been counted and used so far. */
  pushMetrics(): Promise<void>;
}

function start(first: WorkerSnapshot, complete: boolean, primary: PrimaryChannel): RunningWorker {
  const redactor = createRedactor(secretsOf(first));
  redactor.usePatterns(first.redaction);
  const log = createLogger({
    sink: primary.logSink,
    level: first.logLevel,
    subsystem: 'worker',
    redactor,
  });
  endOnUnexpected(log);
  if (first.testLog) floodLog(log.for('flood'), first.testLog);
  const metrics = createWorkerMetrics();
  const tools = openTools(first.tools.threads, primary, metrics.tools, redactor, log.for('tools'));
  // Apart from tools: files that take long hold up other files only.
  const documents = createToolPool({ threads: 1, log: log.for('documents') });
  const pool = createApiPool({
    threads: first.apiThreads,
    maxQueue: first.maxQueue,
    testHooks: first.testHooks,
    rawStream: first.rawStream,
    log: log.for('pool'),
  });
  const versionOf = (snapshot: WorkerSnapshot): ConfigVersion => {
    const runner = tools.use(snapshot);
    const uses = {
      routes: shareRoutes(snapshot.routes),
      tools: runner.table,
      answers: threadAnswers(runner, documents),
    };
    return { snapshot, runner, pool: pool.for(uses) };
  };
  let version = versionOf(first);
  const directCalls = createDirectCalls(() => version.runner);
  primary.answerWith({
    ...directCalls.answers,
    // What it needs to reach others is loaded when there is somebody to be told.
    async 'post-webhook'(post, signal) {
      const { postWebhook } = await import('./webhooks.js');
      return postWebhook(post, signal, version.snapshot.tools.testNetwork);
    },
    'use-snapshot'(next) {
      redactor.hide(secretsOf(next));
      redactor.usePatterns(next.redaction);
      log.useLevel(next.logLevel);
      version = versionOf(next);
      http.use(version);
      return true;
    },
  });
  const clientRuns = createClientRuns((run, options) => primary.ask('run', run, options), log.for('runs'));
  const sessions = createSessionWatches(primary.ask);
  metrics.watchPool('api', pool);
  metrics.watchPool('document', documents);
  if (tools.pool) {
    metrics.watchPool('tool', tools.pool);
    metrics.watchToolThreads(tools.pool);
  }
  const http = createHttpServer({
    version,
    clientRuns,
    sessions,
    toolPool: tools.pool,
    tools: directCalls,
    primary,
    metrics,
    redactor,
    log: log.for('http'),
    onConnectionClosed: () => primary.connectionClosed(),
    askAboutAttempt: (secret, client, right) =>
      primary.ask('auth-attempt', { secret, client, right }, { timeoutMs: httpLimits.attemptMs }),
    untrustedProxy: (peer) => {
      primary
        .ask('untrusted-proxy', { peer }, { timeoutMs: httpLimits.attemptMs })
        .catch((caught: unknown) => log.debug('http.proxy-warning', toError(caught).message));
    },
  });
  const runs = createSessionRuns({
    pool: () => version.pool,
    metrics,
    storeDir: first.storeDir,
    workspaceOf: (agentId) => version.runner.workspaceOf(agentId),
    redactor,
    clients: clientRuns,
    send: (part) => primary.runPart(part),
  });
  const pushMetrics = async (): Promise<void> => {
    const used = metrics.takeUsage();
    if (used.length > 0) primary.send({ type: 'usage', used });
    primary.send({ type: 'metrics', metrics: await metrics.snapshot() });
  };
  setInterval(() => void pushMetrics(), workerLimits.metricsPushMs).unref();
  const sayReady = (): void => primary.send({ type: 'ready', version: first.version });
  if (complete) void tools.arrived().then(sayReady);
  else sayReady();
  return { http, runs, sessions, tools: directCalls, stopTools: tools.stop, pushMetrics };
}

function secretsOf({ routes, tools }: WorkerSnapshot): string[] {
  return [...tableSecrets(routes), ...toolSecrets(tools)];
}

/** Nothing here is expected to throw past its handler: the process is replaced rather than trusted. */
function endOnUnexpected(log: Logger): void {
  const end = (caught: unknown): void => {
    const error = toError(caught);
    log.fatal('worker.unexpected', error.message, { stack: error.stack });
    setImmediate(() => setImmediate(() => process.exit(1)));
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}
