/**
 * A client that has ended its sending side may still wait for its answer, or be gone: TCP says the same in both
 * cases. While its answer is outstanding it is probed, and what is written to one that is gone comes back as a reset.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { httpLimits } from '../../shared/limits.js';
import type { Exchange } from './exchange.js';

export interface HalfClosedClients {
  began(exchange: Exchange): void;
  watch(socket: Socket): void;
}

export function serveHalfClosedClients(server: Server): HalfClosedClients {
  // Node's own switch, missing from its types: without it the connection is ended, answered or not.
  Object.assign(server, { httpAllowHalfOpen: true });
  const latest = new WeakMap<Socket, Exchange>();
  return {
    began: (exchange) => void latest.set(exchange.request.socket, exchange),
    watch(socket) {
      socket.once('end', () => {
        const exchange = latest.get(socket);
        if (!exchange || exchange.closed) return;
        let timer: NodeJS.Timeout | undefined;
        const probeAfter = (pauseMs: number): void => {
          timer = setTimeout(() => {
            exchange.probe();
            probeAfter(Math.min(2 * pauseMs, httpLimits.halfClosedProbeMaxMs));
          }, pauseMs);
        };
        probeAfter(httpLimits.halfClosedProbeMinMs);
        exchange.response.once('close', () => clearTimeout(timer));
      });
    },
  };
}
