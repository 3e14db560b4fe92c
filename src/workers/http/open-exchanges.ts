/**
 * The exchanges of each connection whose answers are not complete, oldest first. A client may send the next request
 * before; all but an upgrade are answered in order by Node, which gives the socket of an upgrade away at once.
 */
import type { Socket } from 'node:net';
import type { Exchange } from './exchange.js';

export interface OpenExchanges {
  began(exchange: Exchange): void;
  ended(exchange: Exchange): void;
  /** The one whose turn on the connection it is. */
  current(socket: Socket): Exchange | undefined;
  /** Calls when all that was asked before is answered, and the connection goes on after that. */
  whenAnswered(socket: Socket, next: () => void): void;
}

/** @param lost called for each whose connection has ended before its answer could be given */
export function createOpenExchanges(lost: (exchange: Exchange) => void): OpenExchanges {
  // Arrays: a set that is filled and emptied with every request costs the garbage collector dearly.
  const bySocket = new WeakMap<Socket, Exchange[]>();
  const waiting = new WeakMap<Socket, () => void>();
  return {
    began(exchange) {
      const { socket } = exchange.request;
      const open = bySocket.get(socket);
      if (open) open.push(exchange);
      else bySocket.set(socket, [exchange]);
    },
    ended(exchange) {
      const { socket } = exchange.request;
      const open = bySocket.get(socket) ?? [];
      const place = open.indexOf(exchange);
      if (place >= 0) open.splice(place, 1);
      if (open.length === 0) waiting.get(socket)?.();
    },
    current: (socket) => bySocket.get(socket)?.[0],
    whenAnswered(socket, next) {
      const open = bySocket.get(socket);
      if (!open || open.length === 0) {
        next();
        return;
      }
      // Node no longer tells answers that stand in line when their connection ends.
      const closed = (): void => open.slice().forEach((exchange) => lost(exchange));
      socket.once('close', closed);
      waiting.set(socket, () => {
        waiting.delete(socket);
        socket.off('close', closed);
        // The time that an idle connection has, set with the last answer, is not that of what follows.
        socket.setTimeout(0);
        if (socket.writable) next();
      });
    },
  };
}
