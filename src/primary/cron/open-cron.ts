/** Wires cron jobs: the book of them, their schedule, what they do, who is told (methods.md §9). */
import type { ChannelsConfig } from '../../shared/config/channels-schema.js';
import type { CronConfig } from '../../shared/config/cron-schema.js';
import { cronLimits } from '../../shared/cron-limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { Environment } from '../../shared/paths.js';
import type { RouteTable } from '../../shared/routes.js';
import type { CronJob, CronRunEntry } from '../../shared/store/cron-records.js';
import type { SessionKey } from '../../shared/store/records.js';
import { mainSessionKey } from '../../shared/store/session-keys.js';
import { toError } from '../../shared/to-error.js';
import { systemClock } from '../alarm.js';
import type { Deliveries } from '../channels/deliveries.js';
import type { ScheduleMetrics } from '../metrics/schedule-metrics.js';
import type { Broadcast } from '../sessions/run-events.js';
import type { Runs } from '../sessions/runs.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Wake } from '../sessions/wake.js';
import type { Supervisor } from '../workers/supervisor.js';
import { createCronEvents } from './cron-events.js';
import { createJobDeliveries } from './deliver.js';
import { executeJob, recoverJob } from './execute-job.js';
import { openJobBook } from './job-book.js';
import { jobProblem, newJob, patchedJob, type JobFields, type JobPatch } from './job-fields.js';
import { JobRefusal } from './job-refusal.js';
import { agentOf, createJobRunner } from './run-job.js';
import { readRunLog, type RunLogQuery } from './run-log.js';
import { routeProblem } from './route-problem.js';
import { createScheduler, type ForcedRun } from './scheduler.js';

export interface JobQuery {
  readonly enabled: 'all' | 'enabled' | 'disabled';
  readonly query: string | undefined;
  readonly agentId: string | undefined;
  readonly sortBy: 'nextRunAtMs' | 'updatedAtMs' | 'createdAtMs' | 'name';
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
}

/** With the name that its job has now. */
export type NamedRun = CronRunEntry & { readonly jobName?: string };

/** What clients can do with them. Changes are on disk when they resolve. */
export interface CronJobs {
  readonly storePath: string;
  list(query: JobQuery): { readonly jobs: readonly CronJob[]; readonly total: number };
  status(): { readonly enabled: boolean; readonly jobs: number; readonly nextWakeAtMs: number | null };
  get(id: string): CronJob | undefined;
  /** @throws JobRefusal, StoreError */
  add(fields: JobFields): Promise<CronJob>;
  /** Undefined when there is none. @throws JobRefusal, StoreError */
  update(id: string, patch: JobPatch): Promise<CronJob | undefined>;
  /** False when there is none. @throws StoreError */
  remove(id: string): Promise<boolean>;
  /** Undefined when there is none. @throws StoreError */
  run(id: string, mode: 'due' | 'force'): Promise<ForcedRun | undefined>;
  runs(query: RunLogQuery): Promise<{ readonly entries: readonly NamedRun[]; readonly total: number }>;
}

export interface Cron {
  readonly jobs: CronJobs;
  /** From here on jobs begin by themselves; call it when runs are accepted. */
  start(): void;
  /** What the config says may be something else now. */
  configChanged(): void;
  /** No job begins any more. */
  stopTimers(): void;
  /** Resolves when what ran has ended, and is stored. */
  stop(): Promise<void>;
}

export interface OpenCronOptions {
  readonly sessions: Sessions;
  readonly runs: Pick<Runs, 'accept'>;
  readonly workers: Pick<Supervisor, 'ask'>;
  readonly deliveries: Deliveries;
  readonly wake: Wake;
  readonly broadcast: Broadcast;
  readonly metrics: ScheduleMetrics;
  readonly env: Environment;
  /** As they are now. */
  config(): CronConfig;
  routes(): RouteTable;
  channels(): ChannelsConfig;
  readonly log: Logger;
}

export async function openCron(options: OpenCronOptions): Promise<Cron> {
  const { sessions, config, routes, metrics, log } = options;
  const { store } = sessions;
  const { now } = systemClock;
  const stopping = new AbortController();
  const book = await openJobBook(store, () => config().runLog);
  const events = createCronEvents(options.broadcast);
  const skipped = options.env.PLLAN_SKIP_CRON === '1';
  const enabled = (): boolean => !skipped && config().enabled;
  const deliveries = createJobDeliveries({
    deliveries: options.deliveries,
    workers: options.workers,
    webhookToken: () => config().webhookToken,
    mainKeyOf: (job) => mainSessionKey(sessions.scheme, agentOf(job, sessions.scheme)),
    log,
    stopping: stopping.signal,
  });
  const run = createJobRunner({ ...options, now });
  const scheduler = createScheduler({
    book,
    clock: systemClock,
    enabled,
    concurrent: () => config().maxConcurrentRuns,
    events,
    execute: (job, runId, ran) => executeJob(job, runId, { run, deliveries, ran, now }),
    recovered: (job) => recoverJob(job, store.runs, deliveries),
    ended(job, { status, error = '', sessionKey = '' }) {
      metrics.cronRun(status);
      if (job && status === 'error')
        alertIfDue(job, error, sessionKey).catch((caught: unknown) =>
          log.error('cron.alert', toError(caught).message),
        );
    },
    lag: metrics.cronLag,
    log,
  });

  /** Tells whoever wants to know that runs of a job fail one after another. */
  const alertIfDue = async ({ id }: CronJob, error: string, sessionKey: string): Promise<void> => {
    const change = await book.change(id, (job) => {
      if (!job?.failureAlert) return undefined;
      const { after = cronLimits.alertAfter, cooldownMs = cronLimits.alertCooldownMs } = job.failureAlert;
      const { consecutiveErrors = 0, lastFailureAlertAtMs = -cooldownMs } = job.state;
      if (consecutiveErrors < after || now() - lastFailureAlertAtMs < cooldownMs) return undefined;
      return { job: { ...job, state: { ...job.state, lastFailureAlertAtMs: now() } } };
    });
    if (change) await deliveries.alert(change.job, error, sessionKey as SessionKey);
  };

  const check = (job: CronJob): void => {
    const problem = jobProblem(job, routes(), now());
    if (problem !== undefined) throw new JobRefusal(problem);
  };
  const checkWithRoute = (job: CronJob): void => {
    check(job);
    const problem = routeProblem(job, options.channels());
    if (problem !== undefined) throw new JobRefusal(problem);
  };

  return {
    jobs: {
      storePath: store.path,
      list: (query) => listed([...book.all()], query),
      status: () => ({ enabled: enabled(), jobs: book.size, nextWakeAtMs: scheduler.nextAt() ?? null }),
      get: book.get,
      async add(fields) {
        const job = newJob(fields, now(), checkWithRoute);
        const change = await book.change(job.id, () => {
          if (book.size >= cronLimits.jobs) throw new JobRefusal(`there are ${cronLimits.jobs} jobs already`);
          return { job };
        });
        return told('added', change?.job ?? job);
      },
      async update(id, patch) {
        // A channel that has gone since is no reason to refuse any other change.
        const checked = patch.delivery || patch.failureAlert ? checkWithRoute : check;
        const change = await book.change(
          id,
          (before) => before && { job: patchedJob(before, patch, now(), checked) },
        );
        return change && told('updated', change.job);
      },
      async remove(id) {
        const change = await book.change(id, (before) => before && { job: null });
        if (change) events.removed(id);
        scheduler.changed();
        return change !== undefined;
      },
      run: scheduler.force,
      async runs(query) {
        const { entries, total } = await readRunLog(store.cron, query);
        return { entries: entries.map((entry) => withJobName(entry, book.get(entry.jobId))), total };
      },
    },
    start() {
      scheduler.start().catch((caught: unknown) => log.error('cron.start', toError(caught).message));
    },
    configChanged: scheduler.changed,
    stopTimers: scheduler.stop,
    async stop() {
      scheduler.stop();
      stopping.abort();
      await scheduler.idle();
    },
  };

  function told(action: 'added' | 'updated', job: CronJob): CronJob {
    events.changed(action, job);
    scheduler.changed();
    return job;
  }
}

function withJobName(entry: CronRunEntry, job: CronJob | undefined): NamedRun {
  return job ? { ...entry, jobName: job.name } : entry;
}

function listed(jobs: readonly CronJob[], asked: JobQuery): ReturnType<CronJobs['list']> {
  const { enabled, agentId, sortBy, descending, offset, limit } = asked;
  const words = asked.query?.toLowerCase();
  const fits = (job: CronJob): boolean =>
    (enabled === 'all' || job.enabled === (enabled === 'enabled')) &&
    (agentId === undefined || job.agentId?.toLowerCase() === agentId.toLowerCase()) &&
    (words === undefined ||
      [job.id, job.name, job.description ?? ''].some((text) => text.toLowerCase().includes(words)));
  const found = jobs.filter(fits).toSorted((a, b) => (descending ? -1 : 1) * compare(a, b, sortBy));
  return { jobs: found.slice(offset, offset + limit), total: found.length };
}

/** What is never due comes last. */
function compare(a: CronJob, b: CronJob, by: JobQuery['sortBy']): number {
  if (by === 'name') return a.name.localeCompare(b.name) || a.createdAtMs - b.createdAtMs;
  const valueOf = (job: CronJob): number =>
    by === 'nextRunAtMs' ? (job.state.nextRunAtMs ?? Number.MAX_SAFE_INTEGER) : job[by];
  return valueOf(a) - valueOf(b) || a.name.localeCompare(b.name);
}
