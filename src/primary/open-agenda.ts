/** What the gateway does of its own accord, by the clock: cron jobs. */
import type { Logger } from '../shared/log/logger.js';
import type { Environment } from '../shared/paths.js';
import { noAnnouncements } from './announcements.js';
import { openCron, type Cron, type CronJobs } from './cron/open-cron.js';
import type { ScheduleMetrics } from './metrics/schedule-metrics.js';
import type { Broadcast } from './sessions/run-events.js';
import type { Runs } from './sessions/runs.js';
import type { Sessions } from './sessions/sessions.js';
import { createWake, type Wake } from './sessions/wake.js';
import type { ConfigReaders } from './snapshot/readers.js';
import type { Supervisor } from './workers/supervisor.js';

export interface AgendaOptions {
  readonly sessions: Sessions;
  readonly runs: Runs;
  readonly workers: Pick<Supervisor, 'ask'>;
  readonly broadcast: Broadcast;
  readonly metrics: ScheduleMetrics;
  readonly env: Environment;
  readonly readers: ConfigReaders;
  readonly log: Logger;
}

export interface Agenda extends Pick<Cron, 'start' | 'configChanged' | 'stopTimers' | 'stop'> {
  readonly jobs: CronJobs;
  readonly wake: Wake;
}

export async function openAgenda(options: AgendaOptions): Promise<Agenda> {
  const { sessions, runs, readers, log } = options;
  const wake = createWake({ runs, sessions, timeoutMs: readers.turnTimeoutMs, log: log.for('wake') });
  const cron = await openCron({
    ...options,
    announcements: noAnnouncements,
    wake,
    config: readers.cron,
    routes: readers.routes,
    log: log.for('cron'),
  });
  return { ...cron, wake };
}
