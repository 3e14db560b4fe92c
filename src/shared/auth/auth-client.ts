/** Whose failed credentials are counted together (protocol.md §10). */
import { isLoopbackAddress } from './address.js';
import type { ClientAddress } from './client-address.js';

/** Secrets that workers compare, each counted for itself: the gateway's own, that of web hooks, those of chat networks. */
export const countedSecrets = ['shared-secret', 'hook-auth', 'channel-auth'] as const;
export type CountedSecret = (typeof countedSecrets)[number];

export interface AuthClient {
  readonly key: string;
  /** On this machine, and no page: a page here is not its owner. */
  readonly local: boolean;
}

/**
 * Whoever comes through a proxy of this machine is not local. All of its clients count as one where it is not trusted:
 * an origin they could make up as they like.
 *
 * @param origin of the request, when a browser sent one
 */
export function authClient({ address, proxy }: Who, origin: string | undefined): AuthClient {
  if (!isLoopbackAddress(address)) return { key: address, local: false };
  if (proxy !== 'none') return { key: `proxied:${address}`, local: false };
  return origin === undefined
    ? { key: address, local: true }
    : { key: `browser-origin:${origin.slice(0, 256)}`, local: false };
}

type Who = Pick<ClientAddress, 'address' | 'proxy'>;

/** What whoever keeps count says of a credential that was compared. */
export interface AttemptVerdict {
  /** Not 0: the client is locked out for so long, and what it showed does not matter. */
  readonly lockedMs: number;
  /** By so much the answer is held back. */
  readonly delayMs: number;
}
