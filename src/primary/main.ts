/**
 * The gateway's composition root: `startGateway` reads as the start-up order (operations.md §2), and what is
 * wired here is all there is. Nothing is opened before every check has passed.
 */
import { deferred } from '../shared/deferred.js';
import { monotonicMs } from '../shared/monotonic.js';
import { openApprovals } from './approvals/open-approvals.js';
import { createFailedAuthLimiter } from './auth/failed-auth-limiter.js';
import { openChannels } from './channels/open-channels.js';
import { printOf } from './config/file-print.js';
import { keepAsLastGood } from './config/last-good.js';
import { openConfig } from './config/open-config.js';
import { ensureToken } from './config/resolve-auth.js';
import { authPolicyOf } from './config/worker-snapshot.js';
import { configFlags } from './config/start-plan.js';
import { openControl } from './control/open-control.js';
import { openAgenda } from './open-agenda.js';
import { createDeviceRegistry } from './devices/device-registry.js';
import { openHealth } from './health/open-health.js';
import type { Phase } from './health/readiness.js';
import { openDataPath } from './port/open-data-path.js';
import { createProxyWarning } from './port/proxy-warning.js';
import { openExposure } from './tailscale/exposure.js';
import { openTls } from './tls/keeper.js';
import { createUsageLedger } from './usage/usage-ledger.js';
import { secretsInUse } from './secrets/secrets-in-use.js';
import type { GatewayStart } from './gateway-start.js';
import { openSnapshots } from './snapshot/open-snapshots.js';
import { createReaders } from './snapshot/readers.js';
import { firstSnapshot } from './snapshot/snapshot.js';
import { sayListening, sayReady, warnOfAuth, warnOfPlan } from './start-messages.js';
import { openStore } from './store/open-store.js';
import { createMaintenance } from './sessions/maintenance.js';
import { createCompactions } from './sessions/compactions.js';
import { requestAnswers } from './channels/request-answers.js';
import { hookAnswers } from './hooks/hook-answers.js';
import { httpRunAnswers } from './sessions/http-runs.js';
import type { RunWorkers } from './sessions/run-dispatch.js';
import { createMessages } from './channels/messages.js';
import type { Broadcast } from './sessions/run-events.js';
import { createRuns } from './sessions/runs.js';
import { createSessionReach } from './sessions/session-reach.js';
import { openSessionOverview } from './sessions/session-overview.js';
import { openSessions } from './sessions/open-sessions.js';
import { createKeyedRequests } from './tools/keyed-requests.js';
import { createChildGroups } from './workers/child-groups.js';
import { openRestarts, type OpenRestarts } from './restart/open-restarts.js';
import { createShutdown, type Shutdown } from './shutdown.js';

export interface RunningGateway {
  readonly shutdown: Shutdown;
  readonly restarts: OpenRestarts;
}

export async function startGateway(start: GatewayStart): Promise<RunningGateway> {
  const { options, plan, opened, startedAt, stop } = start;
  const { metrics, coolDown, notify, boot } = start.kept;
  const { paths, flags } = options;
  const { env } = plan;
  const { log } = opened;
  warnOfPlan(plan, options.envWarnings, opened);
  const { auth, loaded } = await ensureToken(plan.auth, plan.loaded, {
    paths,
    env: options.env,
    flags: configFlags(flags),
    log,
  });
  // What was just written is no change.
  const seen = loaded === plan.loaded ? plan.seen : await printOf(loaded.source.files);
  const policy = authPolicyOf(auth, plan.config.gateway);
  warnOfAuth(plan.config, auth, opened);

  const tls = await openTls(plan, paths, log.for('tls'));
  const store = openStore(paths.storeDir, flags.allowEmptyStore, log);
  let phase: Phase = 'starting';
  const uptimeMs = (): number => Math.round(performance.now() - startedAt);
  const workers = () => data.supervisor.status;
  const health = openHealth({
    stateDir: paths.stateDir,
    store,
    phase: () => phase,
    workersReady: () => workers().ready,
    failingChannels: () => channels.failing(),
    uptimeMs,
    log: log.for('health'),
  });
  const { readiness, eventLoop } = health;
  const first = firstSnapshot(plan, { auth, loaded, policy }, flags);
  opened.redactor.hide(secretsInUse(first, first.source.hidden));
  const snapshots = openSnapshots({
    first,
    options,
    redactor: opened.redactor,
    logging: opened,
    metrics,
    control: () => control,
    data: () => data,
    runs: () => runs,
    channels: () => channels,
    sessions: () => sessions,
    agenda: () => agenda,
    retryConfig: () => config.retry(),
    log: log.for('secrets'),
  });
  const readers = createReaders(() => snapshots.current, paths);
  const sessions = openSessions({
    store,
    readers,
    overview: () => overview,
    events: () => control.sessionEvents,
    reach: () => reach,
  });
  const broadcast: Broadcast = (...event) => control.broadcast(...event);
  const runWorkers: RunWorkers = {
    start: (job, home) => data.supervisor.startRun(job, home),
    abort: (slot, runId) => data.supervisor.abortRun(slot, runId),
  };
  const runs = createRuns({
    sessions,
    workers: runWorkers,
    broadcast,
    tellTool: (told) => control.tellTool(told),
    concurrent: readers.concurrent,
    queue: readers.queue,
    resetPolicy: readers.resetPolicy,
    ended(run) {
      metrics.runs.ended(run);
      channels.messages.runEnded(run);
    },
    log: log.for('runs'),
    now: Date.now,
  });
  const reach = createSessionReach({
    sessions,
    runs,
    tell: (slot, watch, line) => data.supervisor.sessionLine(slot, watch, line),
  });
  const usage = createUsageLedger(store, log.for('usage'));
  const compactions = createCompactions({ sessions, runs, workers: runWorkers, now: Date.now });
  const overview = await openSessionOverview(store, readers.agentIds, log.for('sessions'));
  const approvals = openApprovals({ paths, env, broadcast, log: log.for('exec') });
  const channels = openChannels({
    current: () => snapshots.current,
    messages: (accounts) =>
      createMessages({ accounts, sessions, runs, current: () => snapshots.current, metrics, broadcast, log }),
    env,
    ...boot.safeMode,
    changed: () => control.channelsChanged(),
    redactor: opened.redactor,
    metrics: metrics.channels,
    log: log.for('channels'),
  });
  const limiter = createFailedAuthLimiter(readers.rateLimit, monotonicMs);
  const untrustedProxy = createProxyWarning(log.for('port'));
  const config = openConfig({
    loaded,
    seen,
    options,
    snapshots,
    metrics,
    roll: () => data.roll(),
    restart: (request) => restarts.request(request),
    activeRuns: () => runs.counts(),
    broadcast,
    log: log.for('config'),
  });
  const agenda = await openAgenda({
    sessions,
    runs,
    workers: { ask: (...question) => data.supervisor.ask(...question) },
    deliveries: channels.messages.deliveries,
    broadcast,
    metrics,
    env,
    config: () => snapshots.current.config,
    readers,
    log,
  });
  const restarts = openRestarts({
    plan,
    options,
    runs,
    sessions,
    coolDown,
    stop,
    shutdown: () => shutdown,
    redactor: opened.redactor,
    log,
  });
  const control = openControl({
    snapshots,
    opened,
    paths,
    env,
    config,
    restarts,
    metrics,
    sources: {
      routes: readers.routes,
      storeDir: paths.storeDir,
      heartbeat: agenda.heartbeat,
      scheme: readers.scheme,
      sessions: overview,
      workers,
      degradedSecretOwners: () => snapshots.degradedOwners,
      eventLoop: () => eventLoop.sample,
      channels: () => channels,
      configReload: config.status,
    },
    limiter,
    untrustedProxy,
    sessions,
    runs,
    compactions,
    agenda,
    approvals,
    channels,
    workers: { ask: (...question) => data.supervisor.ask(...question) },
    devices: (events) => createDeviceRegistry({ store, policy: readers.pairing, events, now: Date.now }),
    log: log.for('ws'),
    wsLog: flags.wsLog,
    draining: () => phase === 'draining',
    uptimeMs,
  });
  const maintenance = createMaintenance({
    sessions,
    runs,
    policy: readers.maintenance,
    log: log.for('sessions'),
    now: Date.now,
  });
  const workerReady = deferred<void>();
  const keyed = createKeyedRequests(() => performance.now());
  const childGroups = createChildGroups(log.for('workers'));
  const data = await openDataPath({
    plan,
    policy,
    paths,
    metrics,
    readiness,
    tls,
    limiter,
    untrustedProxy,
    log,
    logLevel: () => opened.level,
    logSink: opened.sink,
    rawStream: flags.rawStream,
    onWebSocket: control.upgrade,
    onWorkerReady() {
      workerReady.resolve();
      runs.workerReady();
      compactions.workerReady();
      control.workersChanged();
    },
    answers: {
      ...childGroups.answers,
      ...reach.answers,
      ...httpRunAnswers({ runs, sessions, routes: readers.routes }),
      ...hookAnswers({ runs, sessions, channels, timeoutMs: readers.turnTimeoutMs, wake: agenda.wake }),
      ...requestAnswers(channels.accounts, log.for('channels')),
      'exec-approval': approvals.approve,
      ...keyed.answers,
    },
    onWorkerLost(slot) {
      childGroups.workerLost(slot);
      keyed.workerLost(slot);
      reach.workerLost(slot);
      store.readerGone();
      runs.workerLost(slot);
      compactions.workerLost(slot);
      control.workersChanged();
    },
    onUsage: usage.add,
    onRunPart(slot, part) {
      if (!compactions.received(slot, part)) runs.received(slot, part);
    },
  });
  metrics.watch({
    wsConnections: control.counts,
    wsBufferedBytes: control.bufferedBytes,
    workers: data.supervisor.up,
    waitingConnections: () => data.waiting,
    unclassifiedConnections: () => data.unclassified,
    channelAccounts: channels.measured,
    ...health.disk,
    logWritable: () => opened.writable,
  });
  const exposure = openExposure(plan, flags, log.for('tailscale'));
  const shutdown = createShutdown(
    {
      beginDraining(next) {
        phase = 'draining';
        if (next === 'exit') notify.stopping();
        restarts.stop();
        config.stopWatching();
        snapshots.stop();
        channels.stopChecking();
        agenda.stopTimers();
        data.refuseWork();
        runs.close();
      },
      async drained() {
        await Promise.all([data.supervisor.drain(), runs.idle()]);
      },
      finish: [
        { name: 'maintenance', run: () => maintenance.stop() },
        { name: 'compactions', run: () => compactions.stop() },
        { name: 'runs', run: () => runs.stop() },
        { name: 'agenda', run: () => agenda.stop() },
        { name: 'approvals', run: () => approvals.pending.stop() },
        { name: 'control', run: () => control.stop() },
        { name: 'config', run: () => config.stop() },
        { name: 'websockets', run: control.shutdown },
        { name: 'tailscale', run: exposure.stop },
        { name: 'channels', run: () => channels.stop() },
        { name: 'port', run: () => data.closePort() },
        { name: 'workers', run: () => data.supervisor.stop() },
        { name: 'usage', run: () => usage.flush() },
        { name: 'tunnel', run: () => data.closeTunnel() },
        { name: 'health', run: health.stop },
        { name: 'failed-auth limiter', run: () => limiter.stop() },
        { name: 'session overview', run: () => overview.stop() },
        { name: 'store', run: () => store.close() },
      ],
    },
    log,
  );
  try {
    await data.listen(stop);
    sayListening(plan, opened);
    // After a crash this may take a while: probes answer meanwhile, and clients are told to come again.
    await runs.recover();
  } catch (caught) {
    data.closePort();
    await data.supervisor.stop();
    data.closeTunnel();
    health.stop();
    await store.close();
    throw caught;
  }
  notify.watch(() => phase === 'draining' || data.listening);
  control.start();
  config.watch();
  maintenance.start();
  exposure.start();
  const networks = channels.start();
  // What was due meanwhile has somewhere to be announced.
  void networks.then(() => {
    if (phase !== 'draining') agenda.start();
  });

  void Promise.all([workerReady.promise, networks]).then(() => {
    if (phase !== 'starting') return;
    phase = 'started';
    keepAsLastGood(loaded, log);
    notify.ready(`listening on port ${plan.port}`);
    sayReady(plan, opened, { auth, tls, paths, env, workers: workers().configured, afterMs: uptimeMs() });
    void restarts.sentinel.arrive();
  });
  return { shutdown, restarts };
}
