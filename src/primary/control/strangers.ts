/** Connections that are not authenticated yet, counted by address: each may have only so many (protocol.md §1). */
import type { Connection } from './connection.js';

export interface Strangers {
  add(connection: Connection): void;
  /** Harmless for one that is none any more. */
  delete(connection: Connection): void;
  has(connection: Connection): boolean;
  fromAddress(address: string): number;
  readonly size: number;
}

export function createStrangers(): Strangers {
  const all = new Set<Connection>();
  const counts = new Map<string, number>();
  const fromAddress = (address: string): number => counts.get(address) ?? 0;
  return {
    add(connection) {
      const { address } = connection.remote;
      all.add(connection);
      counts.set(address, fromAddress(address) + 1);
    },
    delete(connection) {
      if (!all.delete(connection)) return;
      const { address } = connection.remote;
      const left = fromAddress(address) - 1;
      if (left > 0) counts.set(address, left);
      else counts.delete(address);
    },
    has: (connection) => all.has(connection),
    fromAddress,
    get size() {
      return all.size;
    },
  };
}
