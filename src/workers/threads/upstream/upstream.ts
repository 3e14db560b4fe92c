/**
 * HTTP to model providers: keep-alive pools per origin, one call at a time with its deadlines.
 *
 *   queued ──connection──▶ sent ──head──▶ receiving ──▶ done ──▶ dropping a rest that nobody needs
 *      └────── first-byte deadline ─────┘   └─ idle deadline, stopped while paused; of a refusal: a deadline for all
 *
 * A call ends in exactly one of: resolved, or rejected with an `UpstreamFailure`.
 */
import type { Dispatcher } from 'undici';
import Pool from 'undici/lib/dispatcher/pool.js';
import { createDeadlines, type Deadlines, type Waiter, type WatchId } from '../../../shared/deadlines.js';
import { upstreamLimits } from '../../../shared/upstream/limits.js';
import { monotonicMs } from '../../../shared/monotonic.js';
import type { ProviderRoute } from '../../../shared/routes.js';
import { errorCode } from '../../../shared/to-error.js';
import type { ProviderRequest } from '../providers/adapter.js';
import { createBreakers, originOf, type Breakers } from './breakers.js';
import { createCooldowns, type Cooldowns } from './cooldowns.js';
import type { RawStream } from './raw-stream.js';
import { createToolless, type Toolless } from './toolless.js';
import { unreadable, UpstreamFailure } from './failure.js';

export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What a caller wants to know while an answer arrives. What these throw ends the call. */
export interface Receiver {
  head(status: number, headers: ResponseHeaders): void;
  data(chunk: Buffer): void;
  /** What matters has come: the call ends well also when what still should come does not. */
  readonly complete: boolean;
  /** Nothing more is needed: the call ends well, and what still comes is dropped. */
  readonly satisfied: boolean;
}

/** Whether an answer with this status is an error. */
export function isRefusal(status: number): boolean {
  return status < 200 || status >= 300;
}

export interface Upstream {
  readonly deadlines: Deadlines;
  /** Whoever wants to see what models say, word for word. */
  readonly raw: RawStream | undefined;
  /** What this thread has learned of providers: which credentials rest, … */
  readonly cooldowns: Cooldowns;
  /** … which origins do not answer, … */
  readonly breakerOf: Breakers['of'];
  /** … and which models take no tools. */
  readonly toolless: Toolless;
  /** What was learned of the origins of others is forgotten; calls to them go on. */
  keepOnly(routes: readonly ProviderRoute[]): void;
  call(route: ProviderRoute, request: ProviderRequest, receiver: Receiver): UpstreamCall;
}

export function createUpstream(raw?: RawStream): Upstream {
  const deadlines = createDeadlines(upstreamLimits.deadlineSweepMs);
  const breakers = createBreakers(monotonicMs);
  const pools = new Map<string, Pool>();
  const targets = new WeakMap<ProviderRoute, Target>();
  const resolveTarget = (route: ProviderRoute): Target => {
    const base = new URL(route.baseUrl);
    const key = `${base.origin} ${route.timeouts.connectMs}`;
    const pool = pools.get(key) ?? openPool(base.origin, route.timeouts.connectMs);
    pools.set(key, pool);
    const target = { pool, basePath: base.pathname.replace(/\/+$/, '') };
    targets.set(route, target);
    return target;
  };
  return {
    deadlines,
    raw,
    cooldowns: createCooldowns(monotonicMs),
    breakerOf: breakers.of,
    toolless: createToolless(),
    keepOnly(routes) {
      breakers.keepOnly(routes);
      const origins = new Set(routes.map(originOf));
      // Its idle connections end by themselves.
      for (const key of pools.keys()) if (!origins.has(key.slice(0, key.indexOf(' ')))) pools.delete(key);
    },
    call(route, request, receiver) {
      const { pool, basePath } = targets.get(route) ?? resolveTarget(route);
      const call = new UpstreamCall(route, receiver, deadlines);
      const { headers, body } = request;
      pool.dispatch({ path: basePath + request.path, method: 'POST', headers, body }, call);
      return call;
    },
  };
}

/** Where a route's calls go: pools outlive config versions, so that connections stay warm. */
interface Target {
  readonly pool: Pool;
  readonly basePath: string;
}

function openPool(origin: string, connectMs: number): Pool {
  return new Pool(origin, {
    connections: upstreamLimits.connectionsPerOrigin,
    pipelining: 1,
    keepAliveTimeout: upstreamLimits.keepAliveMs,
    connect: { timeout: connectMs },
    // Deadlines are ours: they also cover the wait for a connection, and stand still while we are paused.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

/** A call in flight; also the handler that undici talks to. */
export class UpstreamCall implements Dispatcher.DispatchHandler, Waiter {
  readonly done: Promise<void>;
  dueAt: number;
  readonly #idleMs: number;
  readonly #firstByteMs: number;
  readonly #receiver: Receiver;
  readonly #deadlines: Deadlines;
  #watch: WatchId;
  #resolve!: () => void;
  #reject!: (failure: UpstreamFailure) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #answered = false;
  #refused = false;
  #settled = false;
  #paused = false;

  constructor(route: ProviderRoute, receiver: Receiver, deadlines: Deadlines) {
    this.#receiver = receiver;
    this.#deadlines = deadlines;
    this.#idleMs = route.timeouts.idleMs;
    this.#firstByteMs = route.timeouts.firstByteMs;
    this.dueAt = performance.now() + this.#firstByteMs;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#watch = deadlines.watch(this);
  }

  abort(failure: UpstreamFailure): void {
    this.#settle(failure);
    this.#controller?.abort(failure);
  }

  pause(): void {
    if (this.#settled || this.#refused) return;
    this.#paused = true;
    if (this.#answered) this.dueAt = Number.POSITIVE_INFINITY;
    this.#controller?.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#answered && !this.#settled && !this.#refused) this.dueAt = performance.now() + this.#silenceMs;
    this.#controller?.resume();
  }

  expired(): void {
    // Nobody waits for what is dropped; of a refusal or a finished answer that does not end, what has come is enough.
    if (this.#settled || this.#refused || this.#receiver.complete) {
      this.#settle();
      this.#controller?.abort(new Error('the answer did not end'));
      return;
    }
    const [reason, what, ms] = this.#answered
      ? (['idle-timeout', 'nothing more', this.#idleMs] as const)
      : (['first-byte-timeout', 'no answer', this.#firstByteMs] as const);
    this.abort(new UpstreamFailure(reason, `${what} from the provider for ${ms} ms`));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error('no longer wanted'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: ResponseHeaders,
  ): void {
    if (this.#settled || status < 200) return;
    this.#answered = true;
    this.#refused = isRefusal(status);
    const waitMs = this.#refused ? Math.min(this.#idleMs, upstreamLimits.errorMs) : this.#idleMs;
    this.dueAt = performance.now() + waitMs;
    try {
      this.#receiver.head(status, headers);
    } catch (caught) {
      this.abort(unreadable(caught));
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    try {
      this.#receiver.data(chunk);
      if (this.#receiver.satisfied) this.#dropRest();
      else if (!this.#paused && !this.#refused) this.dueAt = performance.now() + this.#silenceMs;
    } catch (caught) {
      this.abort(unreadable(caught));
    }
  }

  onResponseEnd(): void {
    if (this.#settled) this.#deadlines.forget(this.#watch);
    else this.#settle();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#settled) this.#deadlines.forget(this.#watch);
    else if (this.#receiver.complete) this.#settle();
    else this.#settle(connectionFailure(error, this.#answered));
  }

  /** How long the provider may say nothing in the middle of its answer. */
  get #silenceMs(): number {
    return this.#receiver.complete ? Math.min(this.#idleMs, upstreamLimits.trailerMs) : this.#idleMs;
  }

  /** A body that is read to its end leaves its connection to the next call; one that does not end soon is cut off. */
  #dropRest(): void {
    this.#settle();
    this.dueAt = performance.now() + upstreamLimits.restMs;
    this.#watch = this.#deadlines.watch(this);
    if (this.#paused) this.#controller?.resume();
  }

  #settle(failure?: UpstreamFailure): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#deadlines.forget(this.#watch);
    if (failure) this.#reject(failure);
    else this.#resolve();
  }
}

/** undici's errors for an answer that is not HTTP. */
const unreadableHead: ReadonlySet<string> = new Set([
  'HTTPParserError',
  'ResponseContentLengthMismatchError',
  'HeadersOverflowError',
]);

function connectionFailure(error: Error, answered: boolean): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  const code = errorCode(error) ?? error.name;
  const message = `${code}: ${error.message}`;
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return new UpstreamFailure('connect-timeout', message, { cause: error });
  // The provider did answer: asking again would only make it do the work again.
  if (unreadableHead.has(error.name)) return new UpstreamFailure('malformed', message, { cause: error });
  return new UpstreamFailure(answered ? 'broken' : 'connection', message, { cause: error });
}
