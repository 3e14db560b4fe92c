/** Metrics of a worker process and its threads (http.md §12): counted here, pushed to the primary, merged there. */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { MetricsSnapshot } from '../shared/ipc.js';
import { createCells } from '../shared/metrics/cells.js';
import type { DailyUsage } from '../shared/store/records.js';
import { createModelMetrics } from './model-metrics.js';
import type { TaskSummary } from './threads/protocol.js';
import { createToolMetrics, type ToolMetrics } from './tools/tool-metrics.js';
import { createUnrecordedUsage } from './unrecorded-usage.js';

export interface WorkerMetrics {
  request(route: string, method: string, status: number, ms: number): void;
  firstByte(route: string, ms: number): void;
  /** An api task has ended, well or not. */
  task(summary: TaskSummary): void;
  poolRejected(reason: string): void;
  authFailure(reason: string): void;
  tunnelled(): void;
  /** What completions used that no run's end records, since this was asked last. */
  takeUsage(): readonly DailyUsage[];
  /** A web hook has been answered, by what kind of hook it is; of a chat network, by its account. */
  webhook(hook: HookLabels, failed: boolean, ms: number): void;
  /** Read when a snapshot is taken. */
  watchPool(name: 'api' | 'document' | 'tool', pool: WatchedPool): void;
  watchToolThreads(pool: { readonly threads: number }): void;
  readonly tools: ToolMetrics;
  snapshot(): Promise<MetricsSnapshot>;
}

interface HookLabels {
  /** `http` for hooks of the gateway's own. */
  readonly channel: string;
  readonly webhook: string;
}

interface WatchedPool {
  readonly queueDepth: number;
  readonly openTasks: number;
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const api = { pool: 'api' };

export function createWorkerMetrics(): WorkerMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string): Gauge<'pool'> =>
    new Gauge({ name, help, labelNames: ['pool'], registers: [registry] });
  const depth = gauge('pllan_pool_queue_depth', 'Tasks waiting for a thread.');
  const open = gauge('pllan_pool_open_tasks', 'Tasks waiting or in a thread.');
  const toolThreads = new Gauge({
    name: 'pllan_tool_threads',
    help: 'Threads that run tools, or wait for some.',
    registers: [registry],
  });
  let toolPool = { threads: 0 };
  const pools = new Map<string, WatchedPool>();
  const tools = createToolMetrics();

  const requests = createCells(seconds);
  const firstBytes = createCells(seconds);
  const waits = createCells(seconds);
  const runs = createCells(seconds);
  const models = createModelMetrics(seconds);
  const unrecorded = createUnrecordedUsage();
  const rejected = createCells();
  const authFailures = createCells();
  const handovers = createCells();
  const webhooks = createCells(seconds);
  const failedWebhooks = createCells();

  return {
    request(route, method, status, ms) {
      const known = knownMethod(method);
      const key = `${route} ${known} ${status}`;
      (requests.get(key) ?? requests.open(key, { route, method: known, status })).add(ms / 1000);
    },
    firstByte: (route, ms) => (firstBytes.get(route) ?? firstBytes.open(route, { route })).add(ms / 1000),
    task(summary) {
      (waits.get('api') ?? waits.open('api', api)).add(Math.max(0, summary.waitMs) / 1000);
      (runs.get('api') ?? runs.open('api', api)).add(summary.runMs / 1000);
      if (!summary.turn) return;
      models.turn(summary.turn);
      unrecorded.add(summary);
    },
    poolRejected: (reason) => (rejected.get(reason) ?? rejected.open(reason, { pool: 'api', reason })).add(1),
    authFailure: (reason) => (authFailures.get(reason) ?? authFailures.open(reason, { reason })).add(1),
    tunnelled: () =>
      (handovers.get('tunnelled') ?? handovers.open('tunnelled', { outcome: 'tunnelled' })).add(1),
    takeUsage: () => unrecorded.take(Date.now()),
    webhook({ channel, webhook }, failed, ms) {
      const labels = { channel, webhook };
      const key = `${channel} ${webhook}`;
      (webhooks.get(key) ?? webhooks.open(key, labels)).add(ms / 1000);
      if (failed) (failedWebhooks.get(key) ?? failedWebhooks.open(key, labels)).add(1);
    },
    watchPool: (name, pool) => void pools.set(name, pool),
    watchToolThreads: (pool) => (toolPool = pool),
    tools,
    async snapshot() {
      toolThreads.set(toolPool.threads);
      for (const [name, pool] of pools) {
        depth.set({ pool: name }, pool.queueDepth);
        open.set({ pool: name }, pool.openTasks);
      }
      return [
        ...(await registry.getMetricsAsJSON()),
        requests.counter('pllan_http_requests_total', 'HTTP requests answered.'),
        requests.histogram(
          'pllan_http_request_duration_seconds',
          'From request head to the end of the answer.',
        ),
        firstBytes.histogram('pllan_http_time_to_first_byte_seconds', 'Until the head of a streamed answer.'),
        waits.histogram('pllan_pool_wait_seconds', 'From queueing to start in a thread.'),
        runs.histogram('pllan_pool_run_seconds', 'Time in a thread.'),
        rejected.counter('pllan_pool_rejected_total', 'Tasks refused by a pool, or lost with a thread.'),
        ...models.snapshot(),
        authFailures.counter('pllan_auth_failures_total', 'Refused credentials.'),
        handovers.counter('pllan_handover_total', 'Connections given to workers or back.'),
        webhooks.counter('pllan_webhook_received_total', 'Web hooks answered.'),
        webhooks.histogram('pllan_webhook_duration_seconds', 'From the end of the body to the answer.'),
        failedWebhooks.counter('pllan_webhook_error_total', 'Web hooks refused or failed.'),
        ...tools.snapshot(),
      ];
    },
  };
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Methods come from clients: what is not a common one must not make a series of its own. */
function knownMethod(method: string): string {
  return methods.has(method) ? method : 'other';
}
