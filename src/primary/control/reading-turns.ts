/**
 * Calls that read much take turns: a few at a time, those of different connections one after another, each after the
 * event loop has done what else there is. However many one connection sends, others wait for one of them.
 *
 *   taken ──a place is free, its connection's turn──▶ begun ──▶ ended: the next
 *     ├── too many of its connection wait ──▶ refused
 *     └── its connection is gone ──▶ forgotten
 */
import { readingLimits } from '../../shared/session-limits.js';
import type { Connection } from './connection.js';
import { RpcError, type Method } from './methods/method.js';
import { busyError } from './read-request.js';

export interface ReadingTurns {
  /** The method, where it reads much as one that waits for its turn. */
  inTurn(method: Method): Method;
  /** Nobody hears what it waits for. */
  left(connection: object): void;
}

export function createReadingTurns(): ReadingTurns {
  const { atOnce, waitingPerConnection } = readingLimits;
  /** In the order in which it is their turn; none is empty. */
  const waiting = new Map<object, (() => void)[]>();
  let running = 0;

  const next = (): void => {
    for (const [connection, calls] of waiting) {
      if (running >= atOnce) return;
      waiting.delete(connection);
      const call = calls.shift();
      if (calls.length > 0) waiting.set(connection, calls);
      call?.();
    }
  };
  const end = (): void => {
    running -= 1;
    if (waiting.size > 0) setImmediate(next);
  };
  /** @throws RpcError when too many of the connection wait */
  const take = (connection: Connection, read: () => string | Promise<string>): Promise<string> => {
    const calls = waiting.get(connection) ?? [];
    if (calls.length >= waitingPerConnection) throw new RpcError(busyError);
    return new Promise((resolve, reject) => {
      calls.push(() => {
        running += 1;
        const answer = (async () => read())();
        answer.then(resolve, reject);
        answer.then(end, end);
      });
      waiting.set(connection, calls);
      next();
    });
  };
  return {
    inTurn(method) {
      if (!method.readsMuch) return method;
      return {
        ...method,
        answer: (params, connection, again) =>
          take(connection, () => method.answer(params, connection, again)),
      };
    },
    left: (connection) => void waiting.delete(connection),
  };
}
