/**
 * A client that has ended its sending side may still wait for its answer, or be gone: TCP says the same in both
 * cases. While its answer is outstanding it is probed, and what is written to one that is gone comes back as a reset.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { httpLimits } from '../../shared/limits.js';
import type { OpenExchanges } from './open-exchanges.js';

/** Gives what watches a connection. */
export function serveHalfClosedClients(server: Server, open: OpenExchanges): (socket: Socket) => void {
  // Node's own switch, missing from its types: without it the connection is ended, answered or not.
  Object.assign(server, { httpAllowHalfOpen: true });
  return (socket) => {
    socket.once('end', () => {
      let timer: NodeJS.Timeout | undefined;
      const probeAfter = (pauseMs: number): void => {
        timer = setTimeout(() => {
          open.current(socket)?.probe();
          probeAfter(Math.min(2 * pauseMs, httpLimits.halfClosedProbeMaxMs));
        }, pauseMs);
      };
      if (open.current(socket) === undefined) return;
      probeAfter(httpLimits.halfClosedProbeMinMs);
      socket.once('close', () => clearTimeout(timer));
    });
  };
}
