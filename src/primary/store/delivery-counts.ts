/**
 * How many deliveries of an account wait, have failed, or may have: counted with each change, in its transaction, since
 * to count them when somebody asks takes as long as there are many. They are counted anew when the store is opened: an
 * older release, which somebody went back to, changes them and counts nothing.
 */
import type { Database } from 'lmdb';
import type { AccountName, DeliveryCounts } from './channel-store.js';

/** Channel, account. */
export type CountsTable = Database<Counted, [string, string]>;

interface Counted extends DeliveryCounts {
  /** Which opening of the store it is from. */
  readonly opening?: string;
}

export interface DeliveryCounting {
  get(account: AccountName): DeliveryCounts;
  /** Inside a transaction, before the change itself. */
  add(account: AccountName, change: Partial<DeliveryCounts>): void;
}

/**
 * @param opening names this one
 * @param counted goes through all of them
 */
export function deliveryCounting(
  table: CountsTable,
  opening: string,
  counted: (account: AccountName) => DeliveryCounts,
): DeliveryCounting {
  const get = (account: AccountName): DeliveryCounts => {
    const kept = table.get([account.channel, account.accountId]);
    if (kept?.opening !== opening) return counted(account);
    const { waiting, failed, unknown } = kept;
    return { waiting, failed, unknown };
  };
  return {
    get,
    add(account, { waiting = 0, failed = 0, unknown = 0 }) {
      const before = get(account);
      const after = {
        waiting: before.waiting + waiting,
        failed: before.failed + failed,
        unknown: before.unknown + unknown,
        opening,
      };
      void table.put([account.channel, account.accountId], after);
    },
  };
}
