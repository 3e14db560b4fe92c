/** Who is at the other end of an upgrade, decided once: everything that asks for the client's address takes it from here. */
import type { IncomingMessage } from 'node:http';
import { clientAddresses, type ProxyPolicy } from '../../shared/auth/client-address.js';
import type { Logger } from '../../shared/log/logger.js';
import type { Peer } from '../port/peer.js';
import type { Remote } from './connection.js';

export type RemoteOf = (request: IncomingMessage, peer: Peer) => Remote;

/** Says once that there is a proxy whose headers are ignored: it is mostly one that nobody configured. */
export function createRemotes(policy: ProxyPolicy, log: Logger): RemoteOf {
  const clientOf = clientAddresses(policy);
  let told = false;
  return ({ headers }, { address: peer }) => {
    const client = clientOf({ peer, headers });
    if (client.proxy === 'untrusted' && !told) {
      told = true;
      log.warn(
        'ws.untrusted-proxy',
        `forwarding headers from ${peer} are ignored, and its clients share one address; if it is your proxy, add it to gateway.trustedProxies`,
        { peer },
      );
    }
    return { ...client, peer, headers };
  };
}
