/** Wires the way of a connection: listener → primary's own server, or handover → worker, and the tunnel back. */
import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { normalizeAddress } from '../../shared/auth/address.js';
import { countedSecrets, type CountedSecret } from '../../shared/auth/auth-client.js';
import type { AuthPolicy } from '../../shared/auth/auth-policy.js';
import type { HttpAuthPolicy } from '../../shared/auth/http-auth.js';
import { createHttpGuard } from '../../shared/auth/http-guard.js';
import type { LogLevel } from '../../shared/config/schema.js';
import type { WorkerSnapshot } from '../../shared/ipc.js';
import { hookAuthLimits } from '../../shared/hooks/limits.js';
import type { Logger, LogSink } from '../../shared/log/logger.js';
import { monotonicMs } from '../../shared/monotonic.js';
import type { Paths } from '../../shared/paths.js';
import type { RunPart } from '../../shared/run-job.js';
import type { DailyUsage } from '../../shared/store/records.js';
import { createFailedAuthLimiter, type FailedAuthLimiter } from '../auth/failed-auth-limiter.js';
import { failedClients, ownAttempts, watchFailedClients } from '../auth/http-attempts.js';
import type { StartPlan } from '../config/start-plan.js';
import { httpPolicyOf, workerSnapshot, type NextConfig } from '../config/worker-snapshot.js';
import type { Readiness } from '../health/readiness.js';
import type { PrimaryMetrics } from '../metrics/primary-metrics.js';
import { isOfSystemd } from '../restart/supervised.js';
import type { TlsKeeper } from '../tls/keeper.js';
import { createTlsEnd } from '../../shared/tls/tls-end.js';
import { createSupervisor, type Supervisor } from '../workers/supervisor.js';
import type { PrimaryAnswers } from '../workers/worker-slot.js';
import { createHandover } from './handover.js';
import { createListener, type Listener } from './listener.js';
import { listen } from './listen.js';
import { createOwnHttp, type OwnHttpRules } from './own-http.js';
import { createPeers, type Peer } from './peer.js';
import { openTunnelEnd } from './tunnel-end.js';

export interface DataPathOptions {
  readonly plan: StartPlan;
  readonly policy: AuthPolicy;
  readonly paths: Paths;
  readonly metrics: PrimaryMetrics;
  readonly readiness: Readiness;
  /** Where TLS is on. */
  readonly tls: TlsKeeper | undefined;
  readonly limiter: FailedAuthLimiter;
  /** Headers of a proxy came from this address, which is not trusted. */
  untrustedProxy(peer: string): void;
  readonly log: Logger;
  /** Least level of records that anyone wants now. */
  logLevel(): LogLevel;
  readonly logSink: LogSink;
  /** File for what models say; undefined when nobody wants it. */
  readonly rawStream: string | undefined;
  onWebSocket(request: IncomingMessage, socket: Duplex, rest: Buffer, peer: Peer): void;
  /** A worker became ready. */
  onWorkerReady(): void;
  /** The slot's number. */
  onWorkerLost(slot: number): void;
  onRunPart(slot: number, part: RunPart): void;
  /** What completions used that no run's end records. */
  onUsage(used: readonly DailyUsage[]): void;
  /** Who answers what workers ask. */
  readonly answers: Omit<PrimaryAnswers, 'auth-attempt' | 'untrusted-proxy'>;
}

export interface DataPath {
  readonly supervisor: Supervisor;
  /**
   * What begins from now on uses this, here and in the workers; what runs keeps what it began with. Resolves when every
   * worker does so. Settings of worker processes (`gateway.workers`) wait for `roll`.
   */
  use(next: NextConfig): Promise<void>;
  /**
   * Puts workers with the settings that were used last in the place of those with others. Resolves when new connections go
   * to such workers only; the others finish what they have. @throws Error when a worker with these settings cannot start
   */
  roll(): Promise<void>;
  /** Opens the port. @throws StartError when it is taken, AbortError when `stop` ended the wait for it */
  listen(stop: AbortSignal): Promise<void>;
  /** Every address of the port is open. */
  readonly listening: boolean;
  /** Connections for workers are refused from here on; probes and WebSockets go on. */
  refuseWork(): void;
  readonly waiting: number;
  readonly unclassified: number;
  closePort(): void;
  closeTunnel(): void;
}

/** Starts the workers, which load while the port is opened. */
export async function openDataPath(options: DataPathOptions): Promise<DataPath> {
  const { plan, metrics, log, tls, limiter, untrustedProxy } = options;
  const limiters: Readonly<Record<CountedSecret, FailedAuthLimiter>> = {
    'shared-secret': limiter,
    'hook-auth': createFailedAuthLimiter(() => hookAuthLimits, monotonicMs),
    'channel-auth': createFailedAuthLimiter(() => hookAuthLimits, monotonicMs),
  };
  const { paths } = options;
  const policyOf = ({ config, auth }: NextConfig): HttpAuthPolicy => httpPolicyOf({ ...plan, config }, auth);
  const rulesOf = (next: NextConfig): OwnHttpRules => {
    const { gateway, diagnostics } = next.config;
    const { enabled, auth } = diagnostics.prometheus;
    const policy = policyOf(next);
    return {
      guard: createHttpGuard({
        policy,
        counter: ownAttempts(limiter),
        failed: metrics.authFailure,
        untrustedProxy,
      }),
      metrics: { enabled, open: auth === 'none' },
      strictTransportSecurity: gateway.http.securityHeaders.strictTransportSecurity,
    };
  };
  const first: NextConfig = { ...plan, auth: options.policy };
  const own = createOwnHttp({
    rules: rulesOf(first),
    peers: createPeers(),
    readiness: options.readiness,
    scrape: metrics.scrape,
    log: log.for('http'),
    onWebSocket: options.onWebSocket,
  });
  const tunnel = await openTunnelEnd(options.paths, own.adopt, log.for('port'));
  const snapshotOf = (version: number, next: NextConfig): WorkerSnapshot => {
    const { rawStream } = options;
    const [policy, logLevel] = [policyOf(next), options.logLevel()];
    return workerSnapshot({ ...next, version, policy, tunnel: tunnel.address, logLevel, rawStream, paths });
  };
  let { config } = plan;
  let snapshot = snapshotOf(1, first);
  const handover = createHandover({
    targets: () => supervisor.targets(),
    degraded: () => supervisor.status.degraded,
    count: metrics.handover,
  });
  const supervisor = createSupervisor({
    count: () => config.gateway.workers.count,
    log: log.for('workers'),
    snapshot: () => snapshot,
    standing: () => [
      ...countedSecrets.map((secret) => failedClients(limiters[secret], secret)),
      ...(tls ? [{ type: 'tls', material: tls.current } as const] : []),
    ],
    onReady() {
      handover.ready();
      options.onWorkerReady();
    },
    leaveMs: () => config.gateway.workers.drainTimeoutMs,
    onWithdrawn: handover.suspect,
    onLost(worker) {
      handover.lost(worker);
      metrics.workerLost(worker);
      options.onWorkerLost(worker.slot);
    },
    onTaken: handover.taken,
    onDeclined: handover.declined,
    onMetrics: metrics.workerMetrics,
    onUsage: options.onUsage,
    onLogLines(lines) {
      for (const { line, level } of lines) options.logSink.write(line, level);
    },
    onRestart: metrics.workerRestart,
    onRunPart: options.onRunPart,
    answers: {
      ...options.answers,
      'auth-attempt': ({ secret, client, right }) => limiters[secret].attempt(secret, client, right),
      'untrusted-proxy': ({ peer }) => {
        untrustedProxy(peer);
        return true;
      },
    },
  });
  supervisor.start();
  const tlsEnd =
    tls &&
    createTlsEnd(tls.current, {
      log: log.for('port'),
      secured(socket) {
        socket.on('error', (error) => log.debug('port.socket', error.message));
        own.adopt(socket, Buffer.alloc(0), { address: normalizeAddress(socket.remoteAddress), tls: true });
      },
    });
  for (const secret of countedSecrets) watchFailedClients(limiters[secret], secret, supervisor.tellAll);
  tls?.watch((material) => {
    tlsEnd?.renew(material);
    supervisor.tellAll({ type: 'tls', material });
  });
  const listeners: Listener[] = [];
  let servers: Server[] = [];
  const createServer = (): Server => {
    const listener = createListener(
      {
        toPrimary: (socket, head, address) => own.adopt(socket, head, { address, tls: false }),
        toWorker: handover.give,
        tls: tlsEnd && ((socket, head) => handover.give(socket, head, tlsEnd.adopt)),
      },
      log.for('port'),
    );
    listeners.push(listener);
    return listener.server;
  };
  return {
    supervisor,
    use(next) {
      ({ config } = next);
      snapshot = snapshotOf(snapshot.version + 1, next);
      own.use(rulesOf(next));
      return supervisor.renewSnapshot();
    },
    roll: () => supervisor.roll(),
    async listen(stop) {
      const scheme = tls ? 'wss' : 'ws';
      servers = await listen({
        plan: plan.bind,
        port: plan.port,
        scheme,
        createServer,
        ofSystemd: isOfSystemd(plan.env, process.pid),
        log: log.for('port'),
        stop,
      });
    },
    get listening() {
      return servers.length > 0 && servers.every((server) => server.listening);
    },
    refuseWork: handover.close,
    get waiting() {
      return handover.waiting;
    },
    get unclassified() {
      return listeners.reduce((sum, listener) => sum + listener.unclassified, 0);
    },
    closePort() {
      for (const server of servers) server.close();
      tls?.stop();
      own.stop();
      limiters['hook-auth'].stop();
      limiters['channel-auth'].stop();
    },
    closeTunnel: tunnel.stop,
  };
}
