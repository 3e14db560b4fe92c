/** Who calls an endpoint that has secrets of its own, and how many of them it got wrong (protocol.md §10). */
import { authClient } from '../../shared/auth/auth-client.js';
import { clientAddresses, type ProxyPolicy } from '../../shared/auth/client-address.js';
import type { Exchange } from './exchange.js';
import type { FailedClients } from './failed-clients.js';

export interface CountedClient {
  /** Not 0: it is locked out for so long, and what it shows does not matter. */
  readonly lockedMs: number;
  /** It has shown something. Gives the milliseconds of its lock. Rejects when nobody could be asked. */
  tried(right: boolean): Promise<number>;
}

export type CountedClients = (exchange: Exchange) => CountedClient;

export interface CountedClientsOptions {
  readonly proxies: ProxyPolicy;
  readonly failedClients: FailedClients;
  untrustedProxy(peer: string): void;
}

export function countedClients(options: CountedClientsOptions): CountedClients {
  const { failedClients } = options;
  const clientOf = clientAddresses(options.proxies);
  return ({ peer, request: { headers } }) => {
    const who = clientOf({ peer, headers });
    if (who.proxy === 'untrusted') options.untrustedProxy(peer);
    const client = authClient(who, headers.origin);
    return {
      lockedMs: failedClients.lockedFor(client.key),
      async tried(right) {
        if (right && !failedClients.knows(client.key)) return 0;
        return (await failedClients.attempt(client, right)).lockedMs;
      },
    };
  };
}
