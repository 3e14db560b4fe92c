/** What the primary itself counts (http.md §12), and the one exposition of all processes. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { MetricsSnapshot } from '../../shared/ipc.js';
import { createCells } from '../../shared/metrics/cells.js';
import { createChannelMetrics, type ChannelMetrics, type MeasuredAccount } from './channel-metrics.js';
import { createMessageMetrics, type MessageMetrics } from './message-metrics.js';
import { createScheduleMetrics, type ScheduleMetrics } from './schedule-metrics.js';
import { createRunMetrics, type RunMetrics } from './run-metrics.js';
import { createMetricsMerge, type MeasuredProcess } from './merge.js';

/** Read when Prometheus asks. */
export interface MetricSources {
  wsConnections(): ReadonlyMap<string, number>;
  wsBufferedBytes(): number;
  workers(): readonly { readonly place: number; readonly up: boolean }[];
  waitingConnections(): number;
  unclassifiedConnections(): number;
  channelAccounts(): readonly MeasuredAccount[];
  storeWritable(): boolean;
  stateDirWritable(): boolean;
  logWritable(): boolean;
}

export interface MeasuredWorker {
  readonly slot: number;
  readonly place: number;
}

export interface PrimaryMetrics extends ScheduleMetrics {
  readonly messages: MessageMetrics;
  readonly runs: RunMetrics;
  wsRequest(method: string, outcome: 'ok' | 'error', ms: number): void;
  wsFrame(direction: 'in' | 'out'): void;
  wsDroppedEvent(event: string): void;
  wsRefused(reason: string): void;
  authFailure(reason: string): void;
  configReload(result: string): void;
  secretsReload(result: string): void;
  handover(outcome: string): void;
  workerRestart(reason: string): void;
  workerMetrics(worker: MeasuredWorker, metrics: MetricsSnapshot): void;
  /** Its process has ended. */
  workerLost(worker: MeasuredWorker): void;
  readonly channels: ChannelMetrics;
  watch(sources: MetricSources): void;
  scrape(): Promise<string>;
}

const rpcBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const PRIMARY: MeasuredProcess = { name: 'primary', id: 0 };

export function createPrimaryMetrics(): PrimaryMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const merge = createMetricsMerge();
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Counter<T>({ name, help, labelNames, registers });
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Gauge<T>({ name, help, labelNames, registers });

  const requests = createCells(rpcBuckets);
  const messages = createMessageMetrics();
  const runs = createRunMetrics();
  const frames = counter('pllan_ws_frames_total', 'WebSocket frames.', ['direction']);
  const dropped = counter(
    'pllan_ws_dropped_events_total',
    'Events skipped for sockets that do not keep up.',
    ['event'],
  );
  const refusals = counter('pllan_ws_refused_total', 'Sockets refused in the handshake.', ['reason']);
  const authFailures = counter('pllan_auth_failures_total', 'Refused credentials.', ['reason']);
  const configReloads = counter('pllan_config_reload_total', 'Changed configs, by what became of them.', [
    'result',
  ]);
  const secretReloads = counter('pllan_secrets_reload_total', 'Secrets resolved anew.', ['result']);
  const handovers = counter('pllan_handover_total', 'Connections given to workers or back.', ['outcome']);
  const restarts = counter('pllan_worker_restarts_total', 'Workers started anew.', ['reason']);
  const connections = gauge('pllan_ws_connections', 'Open WebSockets.', ['role']);
  const buffered = gauge('pllan_ws_buffered_bytes', 'Bytes not yet taken by WebSocket clients.');
  const up = gauge('pllan_worker_up', 'Worker ready (1) or not (0).', ['worker']);
  const waiting = gauge('pllan_port_waiting_connections', 'Connections waiting for a worker.');
  const unclassified = gauge(
    'pllan_port_unclassified_connections',
    'Connections without a whole request head yet.',
  );
  const channels = createChannelMetrics(registry);
  const store = gauge('pllan_store_writable', 'What is stored reaches the disk (1) or not (0).');
  const log = gauge('pllan_log_writable', 'The log file can be written (1) or not (0).');
  const stateDir = gauge('pllan_state_dir_writable', 'The state directory can be written (1) or not (0).');
  let sources: MetricSources | undefined;
  const counted = { in: 0, out: 0 };

  const collect = (from: MetricSources): void => {
    connections.reset();
    for (const [role, count] of from.wsConnections()) connections.set({ role }, count);
    buffered.set(from.wsBufferedBytes());
    up.reset();
    for (const { place, up: isUp } of from.workers()) up.set({ worker: nameOf(place) }, isUp ? 1 : 0);
    waiting.set(from.waitingConnections());
    unclassified.set(from.unclassifiedConnections());
    channels.collect(from.channelAccounts());
    store.set(from.storeWritable() ? 1 : 0);
    log.set(from.logWritable() ? 1 : 0);
    stateDir.set(from.stateDirWritable() ? 1 : 0);
    for (const direction of ['in', 'out'] as const) {
      frames.inc({ direction }, counted[direction]);
      counted[direction] = 0;
    }
  };
  return {
    messages,
    ...createScheduleMetrics(registers),
    runs,
    wsRequest(method, outcome, ms) {
      const key = `${method} ${outcome}`;
      (requests.get(key) ?? requests.open(key, { method, outcome })).add(ms / 1000);
    },
    wsFrame: (direction) => void (counted[direction] += 1),
    wsDroppedEvent: (event) => dropped.inc({ event }),
    wsRefused: (reason) => refusals.inc({ reason }),
    authFailure: (reason) => authFailures.inc({ reason }),
    configReload: (result) => configReloads.inc({ result }),
    secretsReload: (result) => secretReloads.inc({ result }),
    handover: (outcome) => handovers.inc({ outcome }),
    workerRestart: (reason) => restarts.inc({ reason }),
    workerMetrics: (worker, metrics) => merge.push(processOf(worker), metrics),
    workerLost: (worker) => merge.retire(processOf(worker)),
    channels,
    watch: (from) => (sources = from),
    async scrape() {
      if (sources) collect(sources);
      merge.push(PRIMARY, [
        ...(await registry.getMetricsAsJSON()),
        ...messages.snapshot(),
        ...runs.snapshot(),
        requests.counter('pllan_ws_requests_total', 'WebSocket requests answered.'),
        requests.histogram('pllan_ws_request_duration_seconds', 'From a request frame to its answer.'),
      ]);
      return merge.render();
    },
  };
}

function nameOf(place: number): string {
  return `worker-${place}`;
}

function processOf({ slot, place }: MeasuredWorker): MeasuredProcess {
  return { name: nameOf(place), id: slot };
}
