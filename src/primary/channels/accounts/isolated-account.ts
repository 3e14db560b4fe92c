/** A network's account as the gateway sees it: whatever its code does, nothing that is asked of it hangs or throws oddly. */
import { toError } from '../../../shared/to-error.js';
import { SendError, type ChannelAccount } from '../channel.js';
import { accountLimits } from '../limits.js';
import { Overdue, within } from './within.js';

export interface IsolationEvents {
  /** The network has a part. */
  sent(): void;
  /** Something had no answer in time. */
  overdue(what: string): void;
  /** It has been given up: nothing may be asked of it. */
  retired(): boolean;
}

export function isolatedAccount(account: ChannelAccount, events: IsolationEvents): ChannelAccount {
  const { mode, streams, captionChars } = account;
  const bounded = async <T>(
    what: string,
    ms: number,
    task: (signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> => {
    if (events.retired()) throw new SendError('not-sent', 'the account is not running');
    try {
      return await within(ms, task, signal);
    } catch (caught) {
      if (caught instanceof Overdue) events.overdue(what);
      throw caught;
    }
  };
  /** Whoever sends wants to know one thing of a failure: whether the network may have it. */
  const sending = async <T>(what: string, task: (signal: AbortSignal) => Promise<T>, signal: AbortSignal) => {
    try {
      return await bounded(what, accountLimits.sendMs, task, signal);
    } catch (caught) {
      if (caught instanceof SendError) throw caught;
      const cause = toError(caught);
      throw new SendError('unknown', cause.message, { cause });
    }
  };
  return {
    mode,
    ...(streams === undefined ? {} : { streams }),
    ...(captionChars === undefined ? {} : { captionChars }),
    run: () => Promise.reject(new Error('only its supervisor runs it')),
    async send(part, signal) {
      const sent = await sending('send', (own) => account.send(part, own), signal);
      events.sent();
      return sent;
    },
    split: (text, route) => account.split(text, route),
    probe: (signal) => bounded('probe', accountLimits.sendMs, (own) => account.probe(own), signal),
    ...(account.edit && {
      edit: (messageId, part, signal) =>
        sending('edit', async (own) => account.edit?.(messageId, part, own), signal),
    }),
    ...(account.paced && {
      paced: (route, signal) =>
        bounded('paced', accountLimits.pacedMs, async (own) => account.paced?.(route, own), signal),
    }),
    ...(account.typing && {
      typing(route) {
        try {
          if (!events.retired()) account.typing?.(route);
        } catch {
          // It is a courtesy.
        }
      },
    }),
    ...(account.logout && {
      logout: () => bounded('logout', accountLimits.logoutMs, async () => account.logout?.()),
    }),
    ...(account.received && {
      received: (request) =>
        bounded(
          'received',
          accountLimits.receivedMs,
          async () => (await account.received?.(request)) ?? { status: 503 },
        ),
    }),
  };
}

/** Stands for the account of a network before there is one. Only a network knows how to cut a text for it. */
export const absentAccount: ChannelAccount = {
  mode: 'none',
  run: () => Promise.reject(new Error('the account is not running')),
  send: () => Promise.reject(new SendError('not-sent', 'the account is not running')),
  split() {
    throw new SendError('not-sent', 'the account is not running');
  },
  probe: () => Promise.reject(new Error('the account is not running')),
};
