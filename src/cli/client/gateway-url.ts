/** Gateway addresses: which are safe to send a credential to, and how they are shown (config.md §14). */
import { networkInterfaces } from 'node:os';
import { isLoopbackHost, isPrivateHost, isTailnetAddress } from '../../shared/auth/address.js';
import type { Environment } from '../../shared/paths.js';
import { UserError } from '../user-error.js';

/** @throws UserError when it is not an address that a gateway could have */
export function parseGatewayUrl(text: string): URL {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url) url.hash = ''; // a WebSocket URL has none
  if (url && (url.protocol === 'ws:' || url.protocol === 'wss:') && url.hostname !== '') return url;
  const shown = url ? displayUrl(url) : 'the given text is no URL';
  throw new UserError(`Invalid gateway URL (use ws://host:port or wss://host:port): ${shown}`);
}

/** Without the parts that may carry a secret: user, password, query, fragment. */
export function displayUrl(url: URL): string {
  const path = url.pathname === '/' ? '' : url.pathname;
  return `${url.protocol}//${url.host}${path}`;
}

/**
 * Refuses to send a credential in the clear to another machine. This machine's own addresses are fine,
 * since what goes there stays inside; private networks need an opt-in.
 * @throws UserError
 */
export function requireSafeTransport(url: URL, env: Environment): void {
  if (url.protocol === 'wss:' || isThisMachine(url)) return;
  const host = hostOf(url);
  const optedIn =
    env.PLLAN_ALLOW_INSECURE_PRIVATE_WS === '1' && (isPrivateHost(host) || isTailnetAddress(host));
  if (optedIn) return;
  throw new UserError(
    `SECURITY ERROR: Gateway URL "${displayUrl(url)}" uses plaintext ws:// to a non-loopback address.`,
    [
      'Fix: use wss://, or a tunnel to a loopback address.',
      'In a private network that you trust: PLLAN_ALLOW_INSECURE_PRIVATE_WS=1.',
    ],
  );
}

/** Loopback, or an address of one of this machine's interfaces. */
export function isThisMachine(url: URL): boolean {
  const host = hostOf(url);
  if (isLoopbackHost(host)) return true;
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return own.some(({ address }) => address === host);
}

/** The port that the URL means. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'wss:' ? 443 : 80;
}

/** Brackets of IPv6 literals removed. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}
