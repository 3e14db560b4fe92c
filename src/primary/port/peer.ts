/** What is known of the other end of a connection of the primary's, whether it came directly or through a tunnel. */
import type { Duplex } from 'node:stream';

export interface Peer {
  /** Normalized: IPv4 where it is IPv4. */
  readonly address: string;
  readonly tls: boolean;
}

export interface Peers {
  set(socket: Duplex, peer: Peer): void;
  /** @throws for a socket that nobody introduced: a bug, not a client's doing */
  get(socket: Duplex): Peer;
}

export function createPeers(): Peers {
  const known = new WeakMap<Duplex, Peer>();
  return {
    set: (socket, peer) => void known.set(socket, peer),
    get(socket) {
      const peer = known.get(socket);
      if (!peer) throw new Error('a connection without a known peer');
      return peer;
    },
  };
}
