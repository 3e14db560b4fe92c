/**
 * When the gateway starts anew (operations.md §3.2). Whoever asks, there is one restart at a time:
 *
 *   none ──asked──▶ scheduled ──its time──▶ checking ──can be started with──▶ going (shutdown.ts)
 *    ▲                  │ ▲                    │
 *    │     runs are     ▼ │ idle, or           │ what is on disk now cannot
 *    │     under way  deferred  long enough    ▼
 *    └──────────────────────────────────────── given up: the gateway goes on as it is
 *
 * Until it goes everything is served as usual. Asked again meanwhile it is still one, as soon as the more urgent of both
 * wants it.
 */
import type { Logger } from '../../shared/log/logger.js';
import { toError } from '../../shared/to-error.js';
import type { RunCounts } from '../sessions/live-runs.js';
import type { CoolDown } from './cool-down.js';

export type RestartCause = 'config' | 'rpc' | 'signal' | 'update';

export interface RestartRequest {
  readonly cause: RestartCause;
  /** For people. */
  readonly reason: string;
  /** How long runs may hold it up; 0: for ever. */
  readonly deferralTimeoutMs: number;
  /** Runs do not hold it up; they still have the time of a drain to end … */
  readonly skipDeferral?: boolean | undefined;
  /** … and not even that. */
  readonly force?: boolean | undefined;
  readonly delayMs?: number | undefined;
}

export interface RestartAnswer {
  readonly status: 'scheduled' | 'deferred' | 'coalesced';
  /** Until it goes, if nothing holds it up. */
  readonly delayMs: number;
  readonly reason: string;
}

export interface Restarts {
  request(request: RestartRequest): RestartAnswer;
  readonly pending: PendingRestart | undefined;
  /** The gateway stops for good: what is asked for now is not to be. */
  readonly closed: boolean;
  /** The gateway is stopping: nothing is pending any more, and nothing will be. */
  stop(): void;
}

export interface PendingRestart {
  readonly state: 'scheduled' | 'deferred' | 'checking' | 'going';
  readonly cause: RestartCause;
  readonly reason: string;
}

/** @typeParam P what the check has prepared for the start */
export interface RestartsOptions<P> {
  runs(): RunCounts;
  /** Resolves when none is left. */
  idle(): Promise<void>;
  /** Rejects when the gateway could not be started with what is on disk. */
  check(): Promise<P>;
  go(prepared: P, restart: { readonly cause: RestartCause; readonly force: boolean }): void;
  /** It was not to be. */
  givenUp(why: Error): void;
  readonly coolDown: CoolDown;
  readonly log: Logger;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
}

interface Pending {
  state: PendingRestart['state'];
  cause: RestartCause;
  readonly reason: string;
  /** Not before. */
  dueAt: number;
  /** Then it goes, whatever is under way. */
  latestAt: number;
  force: boolean;
}

/** Of a timer of Node; what is later is looked at again then. */
const LONGEST_MS = 2_147_483_647;

export function createRestarts<P>(options: RestartsOptions<P>): Restarts {
  const { runs, log, coolDown, now } = options;
  let pending: Pending | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const underWay = (): number => {
    const { active, waiting } = runs();
    return active + waiting;
  };
  const at = (time: number): void => {
    clearTimeout(timer);
    if (!Number.isFinite(time)) return;
    timer = setTimeout(proceed, Math.min(LONGEST_MS, Math.max(0, time - now())));
    timer.unref();
  };
  const proceed = (): void => {
    if (!pending || pending.state === 'checking' || pending.state === 'going') return;
    if (now() < pending.dueAt) return at(pending.dueAt);
    const left = underWay();
    if (left === 0 || now() >= pending.latestAt) return void check(pending);
    at(pending.latestAt);
    if (pending.state === 'deferred') return;
    pending.state = 'deferred';
    log.info('restart.deferred', `restart deferred until ${left} run(s) complete`);
    whenIdle(pending);
  };
  const whenIdle = (restart: Pending): void =>
    void options.idle().then(() => {
      if (pending !== restart || restart.state !== 'deferred') return;
      // Another run may have been accepted in the same turn.
      if (underWay() > 0) whenIdle(restart);
      else proceed();
    });
  const check = async (restart: Pending): Promise<void> => {
    clearTimeout(timer);
    restart.state = 'checking';
    try {
      const prepared = await options.check();
      if (pending !== restart) return;
      restart.state = 'going';
      const { cause, reason, force } = restart;
      log.info('restart', `restarting: ${reason}`, { cause });
      if (cause === 'config') coolDown.begun();
      options.go(prepared, { cause, force });
    } catch (caught) {
      if (pending !== restart) return;
      pending = undefined;
      const error = toError(caught);
      log.error('restart.given-up', `restart given up, the gateway goes on as it is: ${error.message}`);
      options.givenUp(error);
    }
  };
  /** As soon as the more urgent of both wants it. */
  const join = (restart: Pending, other: Pending): void => {
    if (restart.cause === 'config') restart.cause = other.cause;
    restart.dueAt = Math.min(restart.dueAt, other.dueAt);
    restart.latestAt = Math.min(restart.latestAt, other.latestAt);
    restart.force ||= other.force;
  };
  return {
    request({ cause, reason, deferralTimeoutMs, skipDeferral, force = false, delayMs = 0 }) {
      const wait = cause === 'config' ? Math.max(delayMs, coolDown.leftMs()) : delayMs;
      const dueAt = now() + wait;
      const patience = deferralTimeoutMs === 0 ? Number.POSITIVE_INFINITY : deferralTimeoutMs;
      const latestAt = dueAt + (force || skipDeferral === true ? 0 : patience);
      const first = pending === undefined;
      const asked: Pending = { state: 'scheduled', cause, reason, dueAt, latestAt, force };
      if (pending) join(pending, asked);
      else pending = asked;
      const left = Math.max(0, Math.ceil(pending.dueAt - now()));
      const held = underWay() > 0 && pending.latestAt > pending.dueAt;
      if (first && left > 0) log.info('restart.scheduled', `restart in ${left} ms: ${reason}`);
      // Whoever asks is answered first.
      if (!stopped && (pending.state === 'scheduled' || pending.state === 'deferred')) at(now());
      const status = first ? (held ? 'deferred' : 'scheduled') : 'coalesced';
      return { status, delayMs: left, reason: pending.reason };
    },
    get pending() {
      return pending;
    },
    get closed() {
      return stopped && !pending;
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      if (pending?.state !== 'going') pending = undefined;
    },
  };
}
