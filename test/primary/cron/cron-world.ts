/** A scheduler under a clock that is held still, over a real store; its jobs do what a test says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach } from 'vitest';
import { createCronEvents } from '../../../src/primary/cron/cron-events.js';
import { newJob, type JobFields } from '../../../src/primary/cron/job-fields.js';
import { openJobBook, type JobBook } from '../../../src/primary/cron/job-book.js';
import type { FinishedRun } from '../../../src/primary/cron/job-state.js';
import { createScheduler, type Scheduler } from '../../../src/primary/cron/scheduler.js';
import { openEmbeddedStore } from '../../../src/primary/store/embedded.js';
import { StoreError, type Store } from '../../../src/primary/store/store.js';
import { createLogger } from '../../../src/shared/log/logger.js';
import type { CronJob, CronRunEntry } from '../../../src/shared/store/cron-records.js';
import { createFakeClock, type FakeClock } from './fake-clock.js';

const START = Date.parse('2026-01-01T12:00:00Z');
export const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];

/** What a test looks at, and what it says; made anew for each. */
interface World {
  dir: string;
  store: Store;
  clock: FakeClock;
  book: JobBook;
  scheduler: Scheduler;
  /** Runs that wait for the test to end them, where it `holds` them; else they end at once with this `outcome`. */
  held: { readonly job: CronJob; end(how?: Partial<FinishedRun>): void }[];
  holds: boolean;
  outcome: Partial<FinishedRun>;
  begun: { readonly name: string; readonly at: number }[];
  /** The store takes nothing. */
  broken: boolean;
  enabled: boolean;
  concurrent: number;
  logged: { message: string }[];
  lags: number[];
  told: Record<string, unknown>[];
}

export const world = {} as World;

/** What is on its way to the disk. */
let open = 0;

export const settle = async (): Promise<void> => {
  for (let quiet = 0; quiet < 3; quiet = open === 0 ? quiet + 1 : 0) await turn();
};
/** Counts what is on its way to the disk. */
const counted = (opened: Store): Store => ({
  ...opened,
  async commit(changes) {
    open += 1;
    try {
      if (world.broken) throw new StoreError('cannot write', new Error('ENOSPC'));
      await opened.commit(changes);
    } finally {
      open -= 1;
    }
  },
});

export async function start(): Promise<void> {
  world.book = await openJobBook(counted(world.store), () => ({ keepLines: 2_000, maxBytes: 2_000_000 }));
  world.scheduler = createScheduler({
    book: world.book,
    clock: world.clock,
    enabled: () => world.enabled,
    concurrent: () => world.concurrent,
    events: createCronEvents((_name, payload) => world.told.push(JSON.parse(payload() as string))),
    execute(job, runId, ran) {
      world.begun.push({ name: job.name, at: world.clock.now() });
      const runAtMs = job.state.runningAtMs as number;
      const end = (how: Partial<FinishedRun> = {}): FinishedRun => {
        ran();
        return { runId, runAtMs, status: 'ok', ...world.outcome, ...how };
      };
      if (!world.holds) return Promise.resolve(end());
      return new Promise((resolve) => world.held.push({ job, end: (how) => resolve(end(how)) }));
    },
    recovered: async ({ state }) => ({
      runId: state.runningRunId as string,
      runAtMs: state.runningAtMs as number,
      status: 'error',
      error: 'interrupted',
      interrupted: true,
    }),
    ended: () => {},
    lag: (ms) => void world.lags.push(ms),
    log: createLogger({
      sink: { write: (text) => void world.logged.push(JSON.parse(text)) },
      level: 'info',
      subsystem: 'test',
    }),
  });
  await world.scheduler.start();
  await settle();
}

/** Call it at the top of a test file. */
export function useWorld(): void {
  beforeEach(() => {
    world.dir = mkdtempSync(join(tmpdir(), 'pllan-cron-'));
    world.store = openEmbeddedStore(join(world.dir, 'store'));
    world.clock = createFakeClock(START, settle);
    open = 0;
    Object.assign(world, { held: [], holds: false, outcome: {}, begun: [], broken: false });
    Object.assign(world, { enabled: true, concurrent: 1, logged: [], lags: [], told: [] });
  });
  afterEach(async () => {
    world.scheduler.stop();
    await world.store.close();
    rmSync(world.dir, { recursive: true });
  });
}

export const every = (everyMs: number, over: Partial<JobFields> = {}): JobFields => ({
  name: 'job',
  enabled: true,
  schedule: { kind: 'every', everyMs },
  sessionTarget: 'main',
  wakeMode: 'next-heartbeat',
  payload: { kind: 'systemEvent', text: 'x' },
  ...over,
});
export const moment = (at: number, over: Partial<JobFields> = {}): JobFields =>
  every(0, { schedule: { kind: 'at', at: new Date(at).toISOString() }, ...over });
export const daily = (expr: string): JobFields => every(0, { schedule: { kind: 'cron', expr, tz: 'UTC' } });

export async function add(fields: JobFields): Promise<string> {
  const job = newJob(fields, world.clock.now(), () => {});
  await world.book.change(job.id, () => ({ job }));
  world.scheduler.changed();
  return job.id;
}
export const stateOf = (id: string): CronJob['state'] | undefined => world.book.get(id)?.state;
export const log = (jobId?: string): Promise<readonly CronRunEntry[]> =>
  world.store.cron.log({ jobId, newestFirst: false, offset: 0, limit: 9_999 });
export const after = (ms: number): number => START + ms;
/** When jobs began, from the start on. */
export const began = (): number[] => world.begun.map(({ at }) => at - START);

/** The gateway dies as it is, and comes up again at that time. */
export async function crash(at: number): Promise<void> {
  world.scheduler.stop();
  await settle();
  await world.store.close();
  world.store = openEmbeddedStore(join(world.dir, 'store'));
  world.clock = createFakeClock(at, settle);
  await start();
}
