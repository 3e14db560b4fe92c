/** Signals and unexpected errors of the primary (operations.md §4). */
import type { Logger } from '../shared/log/logger.js';
import { errorCode, toError } from '../shared/to-error.js';
import { isFailedCommit } from './store/failed-commit.js';

export interface SignalRequests {
  /** Whoever is to stop; `forced` from the second signal on. The last one that is named here hears of them. */
  onStop(listener: (forced: boolean) => void): void;
  /** As `onStop`. */
  onRestart(listener: (signal: string) => void): void;
  /** Aborts with the first one: for waits before there is a gateway that could be stopped. */
  readonly asked: AbortSignal;
  dispose(): void;
}

/** Installed first of all: a SIGUSR1 that comes before would open Node's debug port. */
export function listenForSignals(log: () => Logger | undefined): SignalRequests {
  const asked = new AbortController();
  let stops = 0;
  let toStop: ((forced: boolean) => void) | undefined;
  let toRestart: ((signal: string) => void) | undefined;
  /** Came before there was anything to start anew. */
  let early: string | undefined;
  const stop = (signal: string): void => {
    stops += 1;
    const what = stops > 1 ? ' during shutdown; forcing' : '; shutting down';
    log()?.warn('signal', `received ${signal}${what}`);
    asked.abort();
    toStop?.(stops > 1);
  };
  const restart = (signal: string): void => {
    if (toRestart) toRestart(signal);
    else early = signal;
  };
  const ignore = (signal: string): void => log()?.debug('signal', `${signal} ignored`);
  const listeners = [
    ['SIGTERM', stop],
    ['SIGINT', stop],
    ['SIGHUP', ignore],
    ['SIGUSR1', restart],
    // Node reserves SIGUSR1 for its inspector, where nobody listens: some send this one instead.
    ['SIGUSR2', restart],
  ] as const;
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return {
    asked: asked.signal,
    onStop(listener) {
      toStop = listener;
      if (stops > 0) listener(stops > 1);
    },
    onRestart(listener) {
      toRestart = listener;
      if (early !== undefined) listener(early);
      early = undefined;
    },
    dispose() {
      for (const [signal, listener] of listeners) process.off(signal, listener);
    },
  };
}

/** Network errors that surface outside their socket's handlers and mean nothing for anyone else. */
const transient: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Anything else that nobody caught ends the process; `cleanUp` releases the locks first. */
export function endOnUnexpected(current: () => Logger, cleanUp: () => void): void {
  const judge = (caught: unknown): void => {
    const log = current();
    const error = toError(caught);
    const code = errorCode(error);
    if (error.name === 'AbortError') return;
    if (code !== undefined && transient.has(code)) {
      log.warn('unexpected.transient', `${code}: ${error.message}`);
      return;
    }
    log.fatal('unexpected', error.message, { stack: error.stack });
    cleanUp();
    process.exit(1);
  };
  process.on('uncaughtException', judge);
  process.on('unhandledRejection', (caught) => {
    if (!isFailedCommit(caught)) judge(caught);
    // Whoever wrote has been told, and says so.
    else current().debug('store.commit', caught.message);
  });
}
