/** What the gateway does of its own accord: cron jobs and heartbeats (http.md §12). */
import { Counter, Histogram, type Registry } from 'prom-client';

export interface ScheduleMetrics {
  cronRun(status: string): void;
  /** Between when a job was due and when it began. */
  cronLag(ms: number): void;
  heartbeat(status: string, reason: string): void;
}

const lagBuckets = [0.01, 0.1, 0.5, 1, 5, 30, 60, 300, 1_800, 3_600, 86_400];

export function createScheduleMetrics(registers: Registry[]): ScheduleMetrics {
  const runs = new Counter({
    name: 'pllan_cron_runs_total',
    help: 'Runs of cron jobs that have ended.',
    labelNames: ['status'],
    registers,
  });
  const lag = new Histogram({
    name: 'pllan_cron_due_lag_seconds',
    help: 'How late cron jobs begin.',
    buckets: lagBuckets,
    registers,
  });
  const heartbeats = new Counter({
    name: 'pllan_heartbeats_total',
    help: 'Heartbeats, by what became of them.',
    labelNames: ['status', 'reason'],
    registers,
  });
  return {
    cronRun: (status) => runs.inc({ status }),
    cronLag: (ms) => lag.observe(ms / 1_000),
    heartbeat: (status, reason) => heartbeats.inc({ status, reason }),
  };
}
