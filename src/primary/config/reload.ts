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
 *      └◀── applied ◀── workers replaced ◀── swapped
 */
import type { ReloadPlan } from '../../shared/config/reload/plan.js';
import type { ReloadSettings } from '../../shared/config/reload/settings.js';
import { configLimits } from '../../shared/config/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { toError } from '../../shared/to-error.js';
import type { RestartAnswer } from '../restart/restarts.js';
import { StartError } from '../start-error.js';
import type { ConfigReading, ValidReading } from './config-reading.js';
import type { RunningConfig } from './running-config.js';

export type ReloadOutcome =
  | { readonly kind: 'applied' | 'off'; readonly plan: ReloadPlan }
  | { readonly kind: 'restart'; readonly plan: ReloadPlan; readonly restart: RestartAnswer }
  | { readonly kind: 'missing' }
  | { readonly kind: 'invalid' | 'rejected' | 'failed'; readonly why: string };

/** What the files were when they were read last, and what became of that. */
export interface LastReload {
  readonly revision: string;
  readonly outcome: ReloadOutcome['kind'];
  /** Why the gateway does not run with it. */
  readonly why?: string;
}

/** @typeParam P what a preflight prepared, secrets for example */
export interface ReloadEffects<P> {
  read(known: string, running: Uint8Array): Promise<ConfigReading>;
  /** These are the files to watch. */
  follow(files: readonly string[]): void;
  /** Nothing else may swap between a preflight and its swap. */
  inTurn<T>(task: () => Promise<T>): Promise<T>;
  /** Rejects when the config cannot be run with; it has changed nothing then. */
  preflight(next: RunningConfig): Promise<P>;
  /** From here on whoever begins something begins it with this. Resolves when all know. */
  swap(next: RunningConfig, prepared: P): void | Promise<void>;
  /** Replaces the workers, one after the other. */
  roll(next: RunningConfig, prepared: P): Promise<void>;
  /** Asks for a restart because of these paths, not before so many milliseconds; it may have to wait for runs. */
  restart(settings: ReloadSettings, paths: string, delayMs: number): RestartAnswer;
  activeRuns(): number;
  /** Tells clients that another config file counts now, or will; by the file's hash. */
  announce(hash: string): void;
  /** What the gateway runs with now is in the files, in this revision. */
  applied(revision: string): void;
  /** What became of one, for whoever counts them. */
  ended(outcome: ReloadOutcome['kind']): void;
}

export interface ReloaderOptions<P> {
  /** What the gateway came up with. */
  readonly start: {
    /** Of the reading that it was. */
    readonly key: string;
    readonly revision: string;
    readonly packed: Uint8Array;
    readonly settings: ReloadSettings;
    readonly warnings: readonly string[];
  };
  readonly effects: ReloadEffects<P>;
  readonly log: Logger;
}

export interface Reloader {
  /**
   * Reads the files now. A reload that has not begun yet is shared; an echo of what is known already does nothing.
   *
   * @param restartDelayMs time that a restart, should it be needed, leaves to whoever asks
   */
  reload(restartDelayMs?: number): Promise<ReloadOutcome>;
  /** As `reload`, also for what was rejected: the reason for that may be gone. */
  retry(): Promise<ReloadOutcome>;
  /** The file is gone and did not come back. */
  gone(): void;
  /** Of what the gateway runs with. */
  readonly appliedRevision: string;
  readonly last: LastReload;
  /** As last read: the mode counts at once, whatever it is. */
  readonly settings: ReloadSettings;
  /** Of a reading that the end cuts off nothing is said. */
  stop(): void;
}

type Swapped<P> =
  | { readonly kind: 'applied'; readonly prepared: P }
  | { readonly kind: 'restart'; readonly restart: RestartAnswer }
  | { readonly kind: 'rejected'; readonly why: string };

const nothing: ReloadPlan = {
  outcome: 'nothing',
  paths: { none: [], hot: [], rolling: [], restart: [] },
  rolling: false,
  ignored: [],
};

export function createReloader<P>({ start, effects, log }: ReloaderOptions<P>): Reloader {
  let known = start.key;
  let applied = start.revision;
  let { packed, settings, warnings } = start;
  /** Of what is known. */
  let last: ReloadOutcome = { kind: 'applied', plan: nothing };
  let current: Promise<unknown> = Promise.resolve();
  let queued: Promise<ReloadOutcome> | undefined;
  let rolled: Promise<void> = Promise.resolve();
  let stopped = false;

  const once = async (restartDelayMs: number): Promise<ReloadOutcome> => {
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
          last = { kind: 'invalid', why: reading.why };
          break;
        case 'valid':
          last = await evaluate(reading, restartDelayMs);
          break;
      }
      known = reading.key;
      effects.ended(last.kind);
      return last;
    } catch (caught) {
      const why = toError(caught).message;
      if (!stopped) {
        log.error('config.reload', `config reload failed: ${why}`);
        effects.ended('failed');
      }
      return { kind: 'failed', why };
    }
  };

  const evaluate = async (reading: ValidReading, restartDelayMs: number): Promise<ReloadOutcome> => {
    const { plan, hash, revision } = reading;
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
    else if (last.kind === 'invalid')
      log.info('config.reload', 'config is valid again, and as it was before');
    const done = await effects.inTurn(() => preflightAndSwap(reading, restartDelayMs));
    if (done.kind === 'rejected') return done;
    if (done.kind === 'applied') {
      warn(reading.warnings);
      // It takes as long as what the workers have under way: nobody waits for it but the next one.
      if (plan.rolling) rolled = roll(reading.next, done.prepared, rolled);
      sayApplied(plan);
      effects.applied(revision);
    }
    effects.announce(hash);
    return done.kind === 'restart' ? { ...done, plan } : { kind: 'applied', plan };
  };

  const preflightAndSwap = async (reading: ValidReading, restartDelayMs: number): Promise<Swapped<P>> => {
    const { plan, next, revision } = reading;
    const { hot, rolling, restart } = plan.paths;
    let prepared: P;
    try {
      prepared = await effects.preflight(next);
    } catch (caught) {
      const why = caught instanceof StartError ? caught.reason : toError(caught).message;
      log.error('config.reload', `config reload rejected: ${why}`);
      return { kind: 'rejected', why };
    }
    if (plan.outcome === 'restart') {
      const causes = settings.mode === 'restart' ? [...restart, ...rolling, ...hot] : restart;
      const runs = effects.activeRuns();
      const deferred = runs > 0 ? ` — deferring until ${runs} run(s) complete` : '';
      log.warn('config.reload', `config change requires gateway restart (${named(causes)})${deferred}`);
      return { kind: 'restart', restart: effects.restart(settings, named(causes), restartDelayMs) };
    }
    applied = revision;
    ({ packed } = reading);
    await isolated('the swap', () => effects.swap(next, prepared));
    return { kind: 'applied', prepared };
  };

  const roll = async (next: RunningConfig, prepared: P, before: Promise<void>): Promise<void> => {
    await before;
    await isolated('workers', () => effects.roll(next, prepared));
  };

  /** What fails keeps what it has, and hinders nobody. */
  const isolated = async (name: string, run: () => void | Promise<void>): Promise<void> => {
    try {
      await run();
    } catch (caught) {
      log.error('config.action', `config reload: ${name} stays as it was: ${toError(caught).message}`);
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

  const reload = (restartDelayMs = 0): Promise<ReloadOutcome> => {
    if (queued) return queued;
    const next = current.then(() => {
      queued = undefined;
      return once(restartDelayMs);
    });
    queued = next;
    current = next;
    return next;
  };

  return {
    reload,
    retry() {
      if (last.kind === 'rejected') known = '';
      return reload();
    },
    gone: () => log.warn('config.reload', 'config reload skipped (config file not found)'),
    get appliedRevision() {
      return applied;
    },
    get last() {
      const [revision = ''] = known.split(' ');
      return { revision, outcome: last.kind, ...('why' in last ? { why: last.why } : {}) };
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
