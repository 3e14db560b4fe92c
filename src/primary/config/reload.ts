/**
 * Makes changes of the config count while the gateway runs (config.md §12). One reload at a time; what is noticed during one
 * is one more after it. What a reload does to the gateway comes in from outside.
 *
 *            noticed, or written by a client
 *     idle ──────────────────────────────────▶ reading: read, include, substitute, validate, diff, classify
 *      ▲                                          │
 *      │◀── unchanged, missing, invalid, failed ──┤
 *      │◀── mode `off`: from the next start ──────┤
 *      │                                          ▼
 *      │◀── rejected: all stays as it is ───── preflight
 *      │                                          │
 *      │◀── restart asked for, nothing swapped ───┤
 *      │                                          ▼
 *      └◀── applied ◀── workers replaced ◀── actions ◀── swapped
 */
import type { ReloadAction } from '../../shared/config/reload/rules.js';
import type { ReloadPlan } from '../../shared/config/reload/plan.js';
import type { ReloadSettings } from '../../shared/config/reload/settings.js';
import { configLimits } from '../../shared/config/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { toError } from '../../shared/to-error.js';
import type { ConfigReading, RunningConfig, ValidReading } from './config-reading.js';

export type ReloadOutcome =
  | { readonly kind: 'applied' | 'restart' | 'off'; readonly plan: ReloadPlan }
  | { readonly kind: 'missing' }
  | { readonly kind: 'invalid' | 'rejected' | 'failed'; readonly why: string };

/** @typeParam P what a preflight prepared, secrets for example */
export interface ReloadEffects<P> {
  read(known: string, running: Uint8Array): Promise<ConfigReading>;
  /** These are the files to watch. */
  follow(files: readonly string[]): void;
  /** Rejects when the config cannot be run with; it has changed nothing then. */
  preflight(next: RunningConfig): Promise<P>;
  /** From here on whoever begins something begins it with this. */
  swap(next: RunningConfig, prepared: P): void;
  /** What has none needs none: its readers look at what is current. */
  readonly actions: Readonly<
    Partial<Record<ReloadAction, (next: RunningConfig, prepared: P) => void | Promise<void>>>
  >;
  /** Replaces the workers, one after the other. */
  roll(next: RunningConfig, prepared: P): Promise<void>;
  /** Asks for a restart, which may have to wait for runs. */
  restart(settings: ReloadSettings, paths: readonly string[]): void;
  activeRuns(): number;
  /** Tells clients that another config file counts now, or will; by the file's hash. */
  announce(hash: string): void;
}

export interface ReloaderOptions<P> {
  /** What the gateway came up with. */
  readonly start: {
    readonly revision: string;
    readonly packed: Uint8Array;
    readonly settings: ReloadSettings;
    readonly warnings: readonly string[];
  };
  readonly effects: ReloadEffects<P>;
  readonly log: Logger;
}

export interface Reloader {
  /** Reads the files now. A reload that has not begun yet is shared; an echo of what is known already does nothing. */
  reload(): Promise<ReloadOutcome>;
  /** The file is gone and did not come back. */
  gone(): void;
  /** Of what the gateway runs with. */
  readonly appliedRevision: string;
  /** As last read: the mode counts at once, whatever it is. */
  readonly settings: ReloadSettings;
  /** Of a reading that the end cuts off nothing is said. */
  stop(): void;
}

const nothing: ReloadPlan = {
  outcome: 'nothing',
  paths: { none: [], hot: [], rolling: [], restart: [] },
  actions: [],
  rolling: false,
  ignored: [],
};

export function createReloader<P>({ start, effects, log }: ReloaderOptions<P>): Reloader {
  let known = start.revision;
  let applied = start.revision;
  let { packed, settings, warnings } = start;
  /** Of what is known. */
  let last: ReloadOutcome = { kind: 'applied', plan: nothing };
  let current: Promise<unknown> = Promise.resolve();
  let queued: Promise<ReloadOutcome> | undefined;
  let stopped = false;

  const once = async (): Promise<ReloadOutcome> => {
    try {
      const reading = await effects.read(known, packed);
      effects.follow(reading.files);
      switch (reading.kind) {
        case 'unchanged':
          return last;
        // Whoever watches waits for it to come back, and says when it does not.
        case 'missing':
          return { kind: 'missing' };
        case 'invalid':
          log.warn('config.reload', `config reload skipped (invalid config): ${reading.why}`);
          known = reading.revision;
          last = { kind: 'invalid', why: reading.why };
          return last;
        case 'valid':
          last = await evaluate(reading);
          known = reading.revision;
          return last;
      }
    } catch (caught) {
      const why = toError(caught).message;
      if (!stopped) log.error('config.reload', `config reload failed: ${why}`);
      return { kind: 'failed', why };
    }
  };

  const evaluate = async (reading: ValidReading): Promise<ReloadOutcome> => {
    const { plan, next, hash, revision } = reading;
    const { none, hot, rolling, restart } = plan.paths;
    ({ settings } = reading);
    if (settings.mode === 'off') {
      log.info('config.reload', 'config changed; it counts from the next start', { revision });
      effects.announce(hash);
      return { kind: 'off', plan };
    }
    const all = [...none, ...hot, ...rolling, ...restart];
    if (all.length > 0)
      log.info('config.reload', `config change detected; evaluating reload (${named(all)})`);
    let prepared: P;
    try {
      prepared = await effects.preflight(next);
    } catch (caught) {
      const why = toError(caught).message;
      log.error('config.reload', `config reload rejected: ${why}`);
      return { kind: 'rejected', why };
    }
    if (plan.outcome === 'restart') {
      const causes = settings.mode === 'restart' ? [...restart, ...rolling, ...hot] : restart;
      const runs = effects.activeRuns();
      const deferred = runs > 0 ? ` — deferring until ${runs} run(s) complete` : '';
      log.warn('config.reload', `config change requires gateway restart (${named(causes)})${deferred}`);
      effects.restart(settings, causes);
      effects.announce(hash);
      return { kind: 'restart', plan };
    }
    effects.swap(next, prepared);
    applied = revision;
    ({ packed } = reading);
    warn(reading.warnings);
    await act(plan, next, prepared);
    sayApplied(plan);
    effects.announce(hash);
    return { kind: 'applied', plan };
  };

  /** What fails keeps what it has, and hinders nobody. */
  const act = async (plan: ReloadPlan, next: RunningConfig, prepared: P): Promise<void> => {
    const { actions, roll } = effects;
    const steps = [
      ...plan.actions.map((name) => ({ name, run: actions[name] })),
      ...(plan.rolling ? [{ name: 'workers', run: roll }] : []),
    ];
    for (const { name, run } of steps) {
      try {
        await run?.(next, prepared);
      } catch (caught) {
        log.error('config.action', `config reload: ${name} stays as it was: ${toError(caught).message}`);
      }
    }
  };

  const sayApplied = ({ outcome, paths, ignored }: ReloadPlan): void => {
    if (outcome === 'apply')
      log.info('config.reload', `config hot reload applied (${named([...paths.hot, ...paths.rolling])})`);
    else if (paths.none.length > 0)
      log.info('config.reload', `config change applied (dynamic reads: ${named(paths.none)})`);
    if (ignored.length > 0)
      log.warn(
        'config.reload',
        `config change requires gateway restart (${named(ignored)}); ignoring in hot mode`,
      );
  };

  const warn = (found: readonly string[]): void => {
    for (const warning of found) if (!warnings.includes(warning)) log.warn('config.warning', warning);
    warnings = found;
  };

  return {
    reload() {
      if (queued) return queued;
      const next = current.then(() => {
        queued = undefined;
        return once();
      });
      queued = next;
      current = next;
      return next;
    },
    gone: () => log.warn('config.reload', 'config reload skipped (config file not found)'),
    get appliedRevision() {
      return applied;
    },
    get settings() {
      return settings;
    },
    stop() {
      stopped = true;
    },
  };
}

/** One edit may change more paths than a line can hold. */
function named(paths: readonly string[]): string {
  const more = paths.length - configLimits.loggedPaths;
  const shown = paths.slice(0, configLimits.loggedPaths).join(', ');
  return more > 0 ? `${shown}, and ${more} more` : shown;
}
