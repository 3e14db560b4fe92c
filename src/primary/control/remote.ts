/** Who is at the other end of an upgrade, decided once: everything that asks for the client's address takes it from here. */
import type { IncomingMessage } from 'node:http';
import { clientAddresses, type ProxyPolicy } from '../../shared/auth/client-address.js';
import type { Peer } from '../port/peer.js';
import type { Remote } from './connection.js';

export type RemoteOf = (request: IncomingMessage, peer: Peer) => Remote;

export function createRemotes(policy: ProxyPolicy, untrustedProxy: (peer: string) => void): RemoteOf {
  const clientOf = clientAddresses(policy);
  return ({ headers }, { address: peer }) => {
    const client = clientOf({ peer, headers });
    if (client.proxy === 'untrusted') untrustedProxy(peer);
    return { ...client, peer, headers };
  };
}
