/**
 * The health snapshot: collected on a timer and on demand, kept encoded, broadcast after each refresh
 * (methods.md §2, protocol.md §14.4). Reading it costs nothing, so `health` stays fast under any load.
 */
import { healthLimits } from '../../shared/limits.js';

/** `redacted` is for callers without admin scope: no file paths. */
export type HealthView = 'full' | 'redacted';

/** What is collected; `ok`, `ts` and `durationMs` are added here. */
export type HealthFacts = Readonly<Record<string, unknown>>;

export interface HealthMonitor {
  /** The last snapshot as JSON text; a refresh follows in the background. */
  read(view: HealthView): string;
  /** A fresh one; when the last is too young for that, as `read`. */
  probe(view: HealthView): string;
  /** Current snapshot without asking for another. */
  peek(view: HealthView): string;
  readonly version: number;
  /** Refreshes in the background if the snapshot has outlived its interval. */
  refreshIfOld(): void;
  /** Something that the snapshot tells has changed: refreshes at once. */
  refresh(): void;
  /** The same for what may change many times in a moment: a second after the last refresh, or at once. */
  refreshSoon(): void;
  start(): void;
  stop(): void;
}

export interface HealthMonitorOptions {
  collect(view: HealthView): HealthFacts;
  /** After each refresh. */
  changed(): void;
  /** Nobody is connected: no need to refresh on the timer. */
  idle(): boolean;
}

export function createHealthMonitor(
  options: HealthMonitorOptions,
  now: () => number = Date.now,
): HealthMonitor {
  let version = 0;
  let collectedAt = 0;
  let encoded: Readonly<Record<HealthView, string>> = { full: '{}', redacted: '{}' };
  let soon: NodeJS.Timeout | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  /** Since the last snapshot; long ago where the clock was set back since. */
  const ageMs = (): number => {
    const age = now() - collectedAt;
    return age < 0 ? Number.POSITIVE_INFINITY : age;
  };
  const refresh = (): void => {
    clearTimeout(soon);
    soon = undefined;
    const startedAt = now();
    const facts = { full: options.collect('full'), redacted: options.collect('redacted') };
    const stamp = { ok: true, ts: startedAt, durationMs: now() - startedAt };
    encoded = {
      full: JSON.stringify({ ...stamp, ...facts.full }),
      redacted: JSON.stringify({ ...stamp, ...facts.redacted }),
    };
    collectedAt = now();
    version += 1;
    options.changed();
  };
  const refreshSoon = (): void => {
    if (stopped) return;
    soon ??= setTimeout(refresh, Math.max(0, healthLimits.refreshMinIntervalMs - ageMs()));
  };
  return {
    read(view) {
      refreshSoon();
      return encoded[view];
    },
    probe(view) {
      // Each refresh is broadcast: whoever probes without a pause must not make everyone's traffic.
      if (ageMs() >= healthLimits.refreshMinIntervalMs) refresh();
      else refreshSoon();
      return encoded[view];
    },
    peek: (view) => encoded[view],
    get version() {
      return version;
    },
    refreshIfOld() {
      if (ageMs() > healthLimits.refreshIntervalMs) refreshSoon();
    },
    refresh,
    refreshSoon,
    start() {
      refresh();
      timer = setInterval(() => {
        if (!options.idle()) refresh();
      }, healthLimits.refreshIntervalMs);
      timer.unref();
    },
    stop() {
      stopped = true;
      clearInterval(timer);
      clearTimeout(soon);
    },
  };
}
