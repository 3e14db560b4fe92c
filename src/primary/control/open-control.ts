/** Wires the control plane: presence, health, methods and events around the WebSocket connections. */
import { randomUUID } from 'node:crypto';
import { controlLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { Environment, Paths } from '../../shared/paths.js';
import { closeCodes } from '../../shared/protocol/constants.js';
import { encodeEvent, type EncodedEvent } from '../../shared/protocol/events.js';
import type { StateVersion } from '../../shared/protocol/frames.js';
import { profileOf } from '../../shared/tools/policy.js';
import { hasScope } from '../../shared/protocol/scopes.js';
import { gatewayIdentity, type GatewayIdentity } from '../config/gateway-identity.js';
import { createModelCatalog } from '../config/model-catalog.js';
import type { OpenConfig } from '../config/open-config.js';
import type { RestartServices } from '../restart/open-restarts.js';
import type { SnapshotKeeper } from '../snapshot/keeper.js';
import { derived, type Snapshot } from '../snapshot/snapshot.js';
import type { AuthPolicy } from '../../shared/auth/auth-policy.js';
import type { RouteTable } from '../../shared/routes.js';
import type { GatewayLog } from '../log/open-log.js';
import { createLogDesk } from '../log/log-desk.js';
import { toolSetup } from '../config/tool-setup.js';
import { originsOf } from '../config/worker-snapshot.js';
import type { Channels } from '../channels/open-channels.js';
import type { ExecApprovals } from '../approvals/open-approvals.js';
import { watchForFreezes, type FreezeWatch } from '../health/freeze-watch.js';
import { createHealthMonitor, type HealthView } from '../health/health-monitor.js';
import { createStatusSource, healthFacts, type StatusSources } from '../health/status.js';
import type { PrimaryMetrics } from '../metrics/primary-metrics.js';
import type { FailedAuthLimiter } from '../auth/failed-auth-limiter.js';
import { tailscaleCheck } from '../auth/tailscale-identity.js';
import { createWhois } from '../auth/tailscale-whois.js';
import type { DeviceEvents, DeviceRegistry } from '../devices/device-registry.js';
import { commandPolicy } from '../nodes/command-policy.js';
import { createConnectedNodes } from '../nodes/connected-nodes.js';
import { createNodeInvokes } from '../nodes/node-invokes.js';
import { isNode, pendingNode } from '../nodes/node-rows.js';
import { countingFailures, createReplaceableAuthenticator, orTailscaleUser } from './auth.js';
import type { Session } from './connection.js';
import { createControlPlane, type ControlPlane } from './control-plane.js';
import { createDedupe } from './dedupe.js';
import { createHello } from './hello.js';
import { createResetCommands } from '../sessions/reset-command.js';
import type { Compactions } from '../sessions/compactions.js';
import type { Agenda } from '../open-agenda.js';
import type { Broadcast, TellTool } from '../sessions/run-events.js';
import type { Runs } from '../sessions/runs.js';
import { createSessionChanges } from '../sessions/session-changes.js';
import { createSessionLister } from '../sessions/session-list.js';
import type { SessionObserver, Sessions } from '../sessions/sessions.js';
import type { Supervisor } from '../workers/supervisor.js';
import { createLargeFrames } from './large-frames.js';
import { methodRegistry } from './methods/registry.js';
import { createNodeConnections } from './node-connections.js';
import { createSessionEvents } from './session-events.js';
import { createPresence } from './presence.js';
import { createReadingTurns } from './reading-turns.js';
import { createRemotes } from './remote.js';
import { createToolEvents } from './tool-events.js';
import { createWriteLimit } from './write-limit.js';
import { createWsLog } from './ws-log.js';
import type { WsLogStyle } from '../../shared/gateway-options.js';

export interface ControlOptions {
  readonly snapshots: SnapshotKeeper;
  readonly opened: Pick<GatewayLog, 'place' | 'redactor'>;
  readonly paths: Paths;
  readonly env: Environment;
  readonly config: OpenConfig;
  readonly restarts: RestartServices;
  readonly metrics: PrimaryMetrics;
  readonly sources: StatusSources;
  readonly limiter: FailedAuthLimiter;
  /** Headers of a proxy came from this address, which is not trusted. */
  untrustedProxy(peer: string): void;
  /** Made with what the control plane does when a device's state changes. */
  devices(events: DeviceEvents): DeviceRegistry;
  readonly sessions: Sessions;
  readonly runs: Runs;
  readonly compactions: Compactions;
  readonly agenda: Pick<Agenda, 'jobs' | 'heartbeat' | 'wake'>;
  readonly approvals: ExecApprovals;
  readonly channels: Channels;
  readonly workers: Pick<Supervisor, 'ask'>;
  readonly log: Logger;
  readonly wsLog: WsLogStyle;
  draining(): boolean;
  uptimeMs(): number;
}

export interface Control extends Pick<
  ControlPlane,
  'upgrade' | 'broadcast' | 'counts' | 'bufferedBytes' | 'shutdown'
> {
  readonly sessionEvents: SessionObserver;
  readonly tellTool: TellTool;
  /** Lets clients in, who are told to come again before. */
  start(): void;
  /** Who comes from here on is judged by this. */
  useAuth(policy: AuthPolicy): void;
  /** The gateway's secret is another one: who came in with the one before must come again. */
  authChanged(): void;
  /** Another config is in use: the health snapshot says so at once. */
  configChanged(): void;
  /** Workers came or went: as above. */
  workersChanged(): void;
  /** Of a channel's account there is something else to tell: as above, but not for each of many changes. */
  channelsChanged(): void;
  /** Stops what makes events on its own, and the reading of large frames; connections stay. */
  stop(): Promise<void>;
}

export function openControl(options: ControlOptions): Control {
  const { snapshots, paths, metrics, sources } = options;
  const current = (): Snapshot => snapshots.current;
  const routes = (): RouteTable => current().routes;
  const tellPresence = (): void =>
    plane.broadcast('presence', () => `{"presence":${presence.encoded()}}`, { stateVersion: stateVersion() });
  const presence = createPresence(tellPresence);
  const health = createHealthMonitor({
    collect: (view) => healthFacts(sources, view),
    changed: () => broadcastHealth(),
    idle: () => plane.counts().get('operator') === 0,
  });
  const stateVersion = (): StateVersion => ({ presence: presence.version, health: health.version });
  const status = createStatusSource(sources);
  const devices = options.devices({
    requested(request) {
      plane.broadcast('device.pair.requested', () => JSON.stringify(request));
      if (isNode(request)) plane.broadcast('node.pair.requested', () => JSON.stringify(pendingNode(request)));
    },
    resolved(resolution, request) {
      plane.broadcast('device.pair.resolved', () => JSON.stringify(resolution));
      const { deviceId: nodeId, ...rest } = resolution;
      if (isNode(request)) plane.broadcast('node.pair.resolved', () => JSON.stringify({ nodeId, ...rest }));
    },
    invalidated(deviceId, reason, role) {
      const isMeant = ({ device, role: own }: Session): boolean =>
        device?.deviceId === deviceId && (role === undefined || own === role);
      // After the answer to whoever asked for it, who may be the one whose connection ends.
      setImmediate(() =>
        plane.closeWhere(isMeant, closeCodes.credentialsChanged, `client invalidated: ${reason}`),
      );
    },
  });
  const { sessions, runs, compactions } = options;
  const changes = createSessionChanges({ runs, sessions, routes, now: Date.now });
  const broadcast: Broadcast = (...event) => plane.broadcast(...event);
  const agents = {
    runs,
    sessions,
    routes,
    changes,
    compactions,
    queue: () => current().config.messages.queue,
    resets: createResetCommands({ runs, sessions, changes, now: Date.now }),
    broadcast,
  };
  const tools = derived(current, ({ config, env }) => toolSetup(config, paths, env).policy);
  const catalog = derived(current, (now) => createModelCatalog(now.config, now.routes));
  let known: GatewayIdentity | undefined;
  const identity = (): GatewayIdentity => (known ??= gatewayIdentity(paths.identityFile));
  const lister = createSessionLister(agents);
  const events = createSessionEvents({
    ...agents,
    send: (connections, name, payload) => plane.sendTo(connections, name, payload),
    failed: (error) => options.log.error('ws.session-event', error.message),
  });
  const nodes = createConnectedNodes();
  const mayInvoke = derived(current, ({ config }) => commandPolicy(config.gateway.nodes));
  const invokes = createNodeInvokes(nodes, (command) => mayInvoke()(command));
  const nodeConnections = createNodeConnections({
    devices,
    nodes,
    invokes,
    failed: (error) => options.log.error('ws.node-seen', error.message),
  });
  const { opened } = options;
  const logDesk = createLogDesk(options.log);
  const turns = createReadingTurns();
  const methods = methodRegistry({
    ...agents,
    store: sessions.store,
    workspace: () => sessions.workspace,
    health,
    status,
    presence,
    identity,
    lister,
    events,
    catalog,
    paths,
    devices,
    nodes,
    invokes,
    approvals: options.approvals,
    channels: options.channels,
    deliveries: options.channels.messages.deliveries,
    accounts: options.channels.accounts,
    cron: options.agenda.jobs,
    heartbeat: options.agenda.heartbeat,
    wake: options.agenda.wake,
    config: options.config,
    restarts: options.restarts,
    secrets: snapshots,
    workers: options.workers,
    logs: {
      desk: logDesk,
      redactor: opened.redactor,
      get place() {
        return opened.place;
      },
    },
    profileOf: (agentId) => profileOf(tools(), agentId),
    dedupe: createDedupe(() => performance.now()),
  });
  // Tests do not wait so long.
  const testTickMs = options.env.PLLAN_TEST_HOOKS === '1' && Number(options.env.PLLAN_TEST_TICK_MS);
  const tickIntervalMs = testTickMs || controlLimits.tickIntervalMs;
  const hello = createHello({
    bootId: randomUUID(),
    methods: [...methods.values()].filter(({ advertised }) => advertised !== false).map(({ name }) => name),
    presence,
    health,
    scheme: () => sessions.scheme,
    configHash: options.config.appliedHash,
    configPath: paths.configPath,
    stateDir: paths.stateDir,
    authMode: () => current().auth.mode,
    uptimeMs: options.uptimeMs,
    tickIntervalMs,
  });
  const largeFrames = createLargeFrames({ log: options.log });
  const { policy } = current();
  const authenticator = createReplaceableAuthenticator({ policy, limiter: options.limiter, devices });
  const remotes = derived(current, ({ config }) => createRemotes(config.gateway, options.untrustedProxy));
  const wsLog = createWsLog(options.log, options.wsLog, (method) => methods.has(method));
  const plane = createControlPlane({
    wsLog,
    largeFrames,
    methods: new Map([...methods].map(([name, method]) => [name, turns.inTurn(method)])),
    writeLimit: createWriteLimit(() => performance.now()),
    log: options.log,
    redactor: opened.redactor,
    answered: metrics.wsRequest,
    handshake: {
      authenticate: countingFailures(
        orTailscaleUser(
          authenticator.authenticate,
          tailscaleCheck(createWhois(options.log, () => performance.now())),
          // A trusted proxy has checked its users itself.
          () => current().config.gateway.auth.allowTailscale && current().policy.mode !== 'trusted-proxy',
        ),
        metrics.authFailure,
      ),
      devices,
      origins: derived(current, ({ config, bind }) => originsOf({ config, bind, port: config.gateway.port })),
      phase: () => (options.draining() ? 'draining' : started ? 'open' : 'starting'),
    },
    remoteOf: (request, peer) => remotes()(request, peer),
    handshakeTimeoutMs: current().config.gateway.handshakeTimeoutMs,
    preAuthPerIp:
      Number(options.env.PLLAN_MAX_PREAUTH_CONNECTIONS_PER_IP) || controlLimits.preAuthConnectionsPerIp,
    hello,
    observer: {
      frame: metrics.wsFrame,
      eventDropped: metrics.wsDroppedEvent,
      refused: metrics.wsRefused,
      opened(connection) {
        health.refreshIfOld();
        presence.connected(connection);
        nodeConnections.opened(connection);
      },
      alive: presence.touch,
      closed(connection) {
        presence.disconnected(connection);
        events.closed(connection);
        nodeConnections.closed(connection);
        runs.left(connection);
        turns.left(connection);
      },
    },
  });
  const broadcastHealth = (): void => {
    const encoded: Partial<Record<HealthView, EncodedEvent>> = {};
    const details = { stateVersion: stateVersion() };
    plane.broadcastTo('health', ({ session }) => {
      const view = session && hasScope(session.scopes, 'operator.admin') ? 'full' : 'redacted';
      return (encoded[view] ??= encodeEvent('health', health.peek(view), details));
    });
  };
  let started = false;
  let ticks: NodeJS.Timeout | undefined;
  let freezes: FreezeWatch | undefined;
  return {
    upgrade: plane.upgrade,
    sessionEvents: events,
    tellTool: createToolEvents(events, plane.sendTo),
    broadcast: plane.broadcast,
    counts: plane.counts,
    bufferedBytes: plane.bufferedBytes,
    shutdown: plane.shutdown,
    start() {
      started = true;
      health.start();
      // What clients know of health and presence is old then, and chat networks have given up on their connections.
      freezes = watchForFreezes(() => {
        options.channels.woke();
        health.refresh();
        tellPresence();
      }, options.log);
      ticks = setInterval(() => plane.broadcast('tick', () => `{"ts":${Date.now()}}`), tickIntervalMs);
    },
    useAuth: authenticator.usePolicy,
    authChanged() {
      const bySecret = ({ authMethod }: Session): boolean =>
        authMethod === 'token' || authMethod === 'password';
      // After the answer to whoever asked for it.
      setImmediate(() => plane.closeWhere(bySecret, closeCodes.credentialsChanged, 'gateway auth changed'));
    },
    configChanged: health.refresh,
    workersChanged: health.refresh,
    channelsChanged() {
      if (started) health.refreshSoon();
    },
    async stop() {
      clearInterval(ticks);
      freezes?.stop();
      health.stop();
      presence.stop();
      events.stop();
      wsLog.stop();
      await Promise.all([largeFrames.stop(), logDesk.stop()]);
    },
  };
}
