/** Signals and unexpected errors of the primary (operations.md §4). */
import type { Logger } from '../shared/log/logger.js';
import { errorCode, toError } from '../shared/to-error.js';
import { isFailedCommit } from './store/failed-commit.js';

export interface StopRequests {
  /** `forced` from the second signal on. */
  onStop(listener: (signal: string, forced: boolean) => void): void;
  /** Aborts with the first one: for waits before there is a gateway that could be stopped. */
  readonly asked: AbortSignal;
  dispose(): void;
}

/** Installed first of all: a SIGUSR1 that comes before would open Node's debug port. */
export function listenForSignals(log: () => Logger | undefined): StopRequests {
  const received: string[] = [];
  const asked = new AbortController();
  let listener: ((signal: string, forced: boolean) => void) | undefined;
  const stop = (signal: string): void => {
    received.push(signal);
    const forced = received.length > 1;
    log()?.warn(
      'signal',
      forced ? `received ${signal} during shutdown; forcing` : `received ${signal}; shutting down`,
    );
    asked.abort();
    listener?.(signal, forced);
  };
  const onTerm = (): void => stop('SIGTERM');
  const onInt = (): void => stop('SIGINT');
  const onRestart = (): void =>
    log()?.warn('signal', 'restart by signal is not supported; stop and start the gateway');
  const onHangup = (): void => log()?.debug('signal', 'SIGHUP ignored');
  process.on('SIGTERM', onTerm).on('SIGINT', onInt).on('SIGHUP', onHangup);
  process.on('SIGUSR1', onRestart).on('SIGUSR2', onRestart);
  return {
    asked: asked.signal,
    onStop(heard) {
      listener = heard;
      const [first] = received;
      if (first !== undefined) heard(first, received.length > 1);
    },
    dispose() {
      process.off('SIGTERM', onTerm).off('SIGINT', onInt).off('SIGHUP', onHangup);
      process.off('SIGUSR1', onRestart).off('SIGUSR2', onRestart);
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
export function endOnUnexpected(log: Logger, cleanUp: () => void): void {
  const judge = (caught: unknown): void => {
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
    else log.debug('store.commit', caught.message);
  });
}
