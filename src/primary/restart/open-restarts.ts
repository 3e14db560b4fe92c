/** Wires restarts: who may ask, what is checked before, which way it goes, what is said afterwards (operations.md §3.2). */
import { join } from 'node:path';
import { restartLimits } from '../../shared/limits.js';
import type { GatewayOptions } from '../../shared/gateway-options.js';
import type { Logger } from '../../shared/log/logger.js';
import type { Redactor } from '../../shared/log/redact.js';
import type { StartPlan } from '../config/start-plan.js';
import type { Runs } from '../sessions/runs.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Shutdown } from '../shutdown.js';
import { exitCodes } from '../start-error.js';
import { checkStart } from './check.js';
import type { CoolDown } from './cool-down.js';
import { takeIntent } from './intent.js';
import { preflightOf, type Preflight } from './preflight.js';
import { createRestarts, type RestartAnswer, type RestartRequest, type Restarts } from './restarts.js';
import { createRestartSentinel, type LeftSentinel, type RestartSentinel, type Said } from './sentinel.js';
import { isSupervised } from './supervised.js';

export interface RestartServices extends Pick<Restarts, 'request' | 'pending' | 'closed'> {
  /** A client asks: what is to be said afterwards is on disk before it is answered. */
  ask(
    request: RestartRequest,
    afterwards: Said,
  ): { readonly answer: RestartAnswer; readonly sentinel: LeftSentinel };
  preflight(): Preflight;
  readonly sentinel: RestartSentinel;
  /** `commands.restart`: signals and clients may ask. */
  readonly allowed: boolean;
}

export interface OpenRestarts extends RestartServices {
  /** SIGUSR1 or SIGUSR2. */
  signalled(signal: string): void;
  /** SIGTERM or SIGINT; `forced` from the second on. */
  stopAsked(forced: boolean): void;
  /** The gateway stops, or goes down to come up again. */
  stop(): void;
}

export interface OpenRestartsOptions {
  readonly plan: StartPlan;
  readonly options: GatewayOptions;
  readonly runs: Pick<Runs, 'counts' | 'idle'>;
  readonly sessions: Sessions;
  readonly coolDown: CoolDown;
  /** A stop has been asked for: what is being checked need not be. */
  readonly stop: AbortSignal;
  shutdown(): Shutdown;
  readonly redactor: Redactor;
  readonly log: Logger;
}

export function openRestarts({
  plan,
  options,
  runs,
  sessions,
  coolDown,
  stop,
  shutdown,
  redactor,
  log,
}: OpenRestartsOptions): OpenRestarts {
  const { stateDir } = options.paths;
  const file = join(stateDir, 'restart-sentinel.json');
  const sentinel = createRestartSentinel({ file, sessions, log, now: Date.now });
  const supervised = isSupervised(options.env, process.pid);
  const allowed = plan.config.commands.restart;
  const intended = () =>
    takeIntent(join(stateDir, 'gateway-restart-intent.json'), process.pid, Date.now(), log);
  const restarts = createRestarts<StartPlan>({
    runs: runs.counts,
    idle: runs.idle,
    check: () => checkStart(options, plan, stop),
    go(prepared, { cause, force }) {
      // A new config is for this process; who asks for a restart as such may have changed the program.
      const byManager = supervised && (cause === 'rpc' || cause === 'update');
      const end = byManager
        ? ({ next: 'exit', code: exitCodes.stopped } as const)
        : ({ next: 'start', plan: prepared } as const);
      shutdown().restart({ force, end });
    },
    givenUp: ({ message }) => void sentinel.failed(redactor.text(message, restartLimits.textChars)),
    coolDown,
    log,
    now: () => performance.now(),
  });
  return {
    sentinel,
    allowed,
    request: restarts.request,
    ask: (request, afterwards) => ({
      sentinel: sentinel.leave(afterwards),
      answer: restarts.request(request),
    }),
    preflight: () => preflightOf(runs.counts()),
    get pending() {
      return restarts.pending;
    },
    get closed() {
      return restarts.closed;
    },
    signalled(signal) {
      const force = intended()?.force;
      if (!allowed) {
        log.warn('signal', `${signal} restart ignored (not authorized; commands.restart=false).`);
        return;
      }
      log.warn('signal', `received ${signal}; restarting`);
      const deferralTimeoutMs = restartLimits.deferralMs;
      restarts.request({ cause: 'signal', reason: signal, deferralTimeoutMs, skipDeferral: true, force });
    },
    stopAsked(forced) {
      const intent = intended();
      shutdown().stop({ forced, startsAnew: intent !== undefined, skipsDrain: intent?.force === true });
    },
    stop: restarts.stop,
  };
}
