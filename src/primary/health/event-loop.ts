/** Samples how well the primary's event loop turns (operations.md §7): what `health` and the probes report. */
import { monitorEventLoopDelay, performance, type EventLoopUtilization } from 'node:perf_hooks';
import { healthLimits } from '../../shared/limits.js';

/** `health.eventLoop` (methods.md §2). */
export interface EventLoopSample {
  readonly degraded: boolean;
  readonly reasons: readonly string[];
  readonly intervalMs: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  readonly utilization: number;
  readonly cpuCoreRatio: number;
}

export interface EventLoopMonitor {
  readonly sample: EventLoopSample;
  stop(): void;
}

/** The histogram's own resolution: a delay is what a timer of this length was late by. */
const RESOLUTION_MS = 20;

export function startEventLoopMonitor(): EventLoopMonitor {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  let lastCpu = process.cpuUsage();
  let lastAt = performance.now();
  let sample: EventLoopSample = {
    degraded: false,
    reasons: [],
    intervalMs: healthLimits.sampleIntervalMs,
    delayP99Ms: 0,
    delayMaxMs: 0,
    utilization: 0,
    cpuCoreRatio: 0,
  };
  const take = (): void => {
    const now = performance.now();
    const used = performance.eventLoopUtilization();
    const cpu = process.cpuUsage(lastCpu);
    sample = judge({
      intervalMs: Math.round(now - lastAt),
      delayP99Ms: late(delays.percentile(99)),
      delayMaxMs: late(delays.max),
      utilization: round(performance.eventLoopUtilization(used, last).utilization),
      cpuCoreRatio: round((cpu.user + cpu.system) / 1000 / (now - lastAt)),
    });
    last = used;
    lastCpu = process.cpuUsage();
    lastAt = now;
    delays.reset();
  };
  const timer = setInterval(take, healthLimits.sampleIntervalMs);
  timer.unref();
  return {
    get sample() {
      return sample;
    },
    stop() {
      clearInterval(timer);
      delays.disable();
    },
  };
}

function judge(measured: Omit<EventLoopSample, 'degraded' | 'reasons'>): EventLoopSample {
  const reasons: string[] = [];
  if (
    measured.delayP99Ms >= healthLimits.delayDegradedMs ||
    measured.delayMaxMs >= healthLimits.delayDegradedMs
  ) {
    reasons.push('event_loop_delay');
  }
  if (measured.utilization >= healthLimits.utilizationDegraded) reasons.push('event_loop_utilization');
  if (measured.cpuCoreRatio >= healthLimits.cpuCoreDegraded) reasons.push('cpu');
  return { degraded: reasons.length > 0, reasons, ...measured };
}

/** Nanoseconds of the histogram → milliseconds late; it counts from zero, so the resolution is taken off. */
function late(nanoseconds: number): number {
  return Math.max(0, Math.round(nanoseconds / 1e6 - RESOLUTION_MS));
}

function round(ratio: number): number {
  return Number.isFinite(ratio) ? Math.round(ratio * 1000) / 1000 : 0;
}
