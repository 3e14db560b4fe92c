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
  /** The one that began last, answered or not. */
  latest(socket: Socket): Exchange | undefined;
  /** Those whose answers are not complete. */
  all(socket: Socket): readonly Exchange[];
  /** Calls when all that was asked before is answered, and the connection goes on after that. */
  whenAnswered(socket: Socket, next: () => void): void;
}

interface Connection {
  // An array: a set that is filled and emptied with every request costs the garbage collector dearly.
  readonly open: Exchange[];
  latest: Exchange;
  whenAnswered: (() => void) | undefined;
}

/** @param lost called for each whose connection has ended before its answer could be given */
export function createOpenExchanges(lost: (exchange: Exchange) => void): OpenExchanges {
  const bySocket = new WeakMap<Socket, Connection>();
  return {
    began(exchange) {
      const { socket } = exchange.request;
      const known = bySocket.get(socket);
      if (known) {
        known.open.push(exchange);
        known.latest = exchange;
        return;
      }
      const open = [exchange];
      bySocket.set(socket, { open, latest: exchange, whenAnswered: undefined });
      // Node tells the answer whose turn it is that its connection has ended, and no other.
      socket.once('close', () => open.slice().forEach((one) => lost(one)));
    },
    ended(exchange) {
      const connection = bySocket.get(exchange.request.socket);
      if (!connection) return;
      const { open } = connection;
      const place = open.indexOf(exchange);
      if (place >= 0) open.splice(place, 1);
      if (open.length === 0) connection.whenAnswered?.();
    },
    current: (socket) => bySocket.get(socket)?.open[0],
    latest: (socket) => bySocket.get(socket)?.latest,
    all: (socket) => bySocket.get(socket)?.open.slice() ?? [],
    whenAnswered(socket, next) {
      const connection = bySocket.get(socket);
      if (!connection || connection.open.length === 0) {
        next();
        return;
      }
      // Node may have let go of the socket: an answer under way hears no more that there is room, or that nobody takes it.
      const drained = (): void => void connection.open[0]?.response.emit('drain');
      const stalled = (): void => void socket.destroy();
      socket.on('drain', drained).on('timeout', stalled);
      connection.whenAnswered = () => {
        connection.whenAnswered = undefined;
        socket.off('drain', drained).off('timeout', stalled);
        // The time that an idle connection has, set with the last answer, is not that of what follows.
        socket.setTimeout(0);
        if (socket.writable) next();
      };
    },
  };
}
