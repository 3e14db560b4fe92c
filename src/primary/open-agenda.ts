/** What the gateway does of its own accord, by the clock: cron jobs and heartbeats. */
import type { GatewayConfig } from '../shared/config/load.js';
import type { Logger } from '../shared/log/logger.js';
import type { Environment } from '../shared/paths.js';
import type { Deliveries } from './channels/deliveries.js';
import { openCron, type Cron, type CronJobs } from './cron/open-cron.js';
import { openHeartbeat, type Heartbeat } from './heartbeat/open-heartbeat.js';
import type { ScheduleMetrics } from './metrics/schedule-metrics.js';
import type { Broadcast } from './sessions/run-events.js';
import type { Runs } from './sessions/runs.js';
import type { Sessions } from './sessions/sessions.js';
import type { Wake } from './sessions/wake.js';
import type { ConfigReaders } from './snapshot/readers.js';
import type { Supervisor } from './workers/supervisor.js';

export interface AgendaOptions {
  readonly sessions: Sessions;
  readonly runs: Runs;
  readonly deliveries: Deliveries;
  readonly workers: Pick<Supervisor, 'ask'>;
  readonly broadcast: Broadcast;
  readonly metrics: ScheduleMetrics;
  readonly env: Environment;
  config(): GatewayConfig;
  readonly readers: ConfigReaders;
  readonly log: Logger;
}

export interface Agenda extends Pick<Cron, 'start' | 'configChanged' | 'stopTimers' | 'stop'> {
  readonly jobs: CronJobs;
  readonly heartbeat: Heartbeat;
  readonly wake: Wake;
}

export async function openAgenda(options: AgendaOptions): Promise<Agenda> {
  const { readers, log } = options;
  const { routes, workspaceOf } = readers;
  const heartbeat = openHeartbeat({ ...options, routes, workspaceOf, log: log.for('heartbeat') });
  const { wake } = heartbeat;
  const cron = await openCron({
    ...options,
    wake,
    config: readers.cron,
    channels: () => options.config().channels,
    routes,
    log: log.for('cron'),
  });
  return {
    jobs: cron.jobs,
    heartbeat,
    wake,
    start() {
      cron.start();
      heartbeat.start();
    },
    configChanged() {
      cron.configChanged();
      heartbeat.configChanged();
    },
    stopTimers() {
      cron.stopTimers();
      heartbeat.stop();
    },
    stop: cron.stop,
  };
}
