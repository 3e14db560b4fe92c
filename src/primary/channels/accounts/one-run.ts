/**
 * One run of a network's account, from `run()` to its end, whatever its code does: it gets a time to connect in and one
 * to stop in; what does not end is given up.
 */
import { toError } from '../../../shared/to-error.js';
import { ChannelError, type ChannelAccount } from '../channel.js';
import { accountLimits } from '../limits.js';

export type RunEnd =
  /** It was told to. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly error: ChannelError }
  /** It goes on although it was told to stop: nothing may be done with the account any more. `error`: why it was told. */
  | { readonly kind: 'abandoned'; readonly error: ChannelError | undefined };

export interface OneRun {
  /** It is connected: it may take as long as it likes. */
  connected(): void;
  readonly ended: Promise<RunEnd>;
}

export function oneRun(account: Pick<ChannelAccount, 'run'>, signal: AbortSignal): OneRun {
  const life = new AbortController();
  let late: ChannelError | undefined;
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<RunEnd>((resolve) => {
    const settle = (end: RunEnd): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve(end);
    };
    const stop = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => settle({ kind: 'abandoned', error: late }), accountLimits.stopMs);
      life.abort();
    };
    timer = setTimeout(() => {
      late = new ChannelError('lost', `did not connect within ${accountLimits.connectMs / 1_000} s`);
      stop();
    }, accountLimits.connectMs).unref();
    signal.addEventListener('abort', stop, { once: true });
    const over = (error: ChannelError): void => {
      if (late) settle({ kind: 'failed', error: late });
      else settle(signal.aborted ? { kind: 'stopped' } : { kind: 'failed', error });
    };
    run(account, life.signal).then(
      () => over(new ChannelError('lost', 'the connection has ended')),
      (caught: unknown) => over(channelError(caught)),
    );
  });
  return { connected: () => void (late ?? clearTimeout(timer)), ended };
}

/** Begins when its caller has the run in hand; also what is thrown before there is a promise is a rejection. */
async function run(account: Pick<ChannelAccount, 'run'>, signal: AbortSignal): Promise<void> {
  await Promise.resolve();
  if (!signal.aborted) await account.run(signal);
}

export function channelError(caught: unknown): ChannelError {
  if (caught instanceof ChannelError) return caught;
  const cause = toError(caught);
  return new ChannelError('lost', cause.message, { cause });
}
