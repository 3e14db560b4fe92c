/**
 * How many deliveries of an account wait, have failed, or may have: counted with each change, in its transaction, since
 * to count them when somebody asks takes as long as there are many. A store that has no count yet is counted once.
 */
import type { Database } from 'lmdb';
import type { AccountName, DeliveryCounts } from './channel-store.js';

/** Channel, account. */
export type CountsTable = Database<DeliveryCounts, [string, string]>;

export interface DeliveryCounting {
  get(account: AccountName): DeliveryCounts;
  /** Inside a transaction, before the change itself. */
  add(account: AccountName, change: Partial<DeliveryCounts>): void;
}

/** @param counted goes through all of them */
export function deliveryCounting(
  table: CountsTable,
  counted: (account: AccountName) => DeliveryCounts,
): DeliveryCounting {
  const get = (account: AccountName): DeliveryCounts =>
    table.get([account.channel, account.accountId]) ?? counted(account);
  return {
    get,
    add(account, { waiting = 0, failed = 0, unknown = 0 }) {
      const before = get(account);
      const after = {
        waiting: before.waiting + waiting,
        failed: before.failed + failed,
        unknown: before.unknown + unknown,
      };
      void table.put([account.channel, account.accountId], after);
    },
  };
}
