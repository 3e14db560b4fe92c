/**
 * Users whom Tailscale Serve names (protocol.md §9.1, http.md §14). Serve runs on this machine, puts the client's address and
 * login into headers, and strips what the client put there. The login is believed when the tailnet says the same of the
 * address. Other processes of this machine can write such headers too: that is why it is off unless asked for.
 */
import { isIP } from 'node:net';
import { isLoopbackAddress, normalizeAddress, type DirectRequest } from '../../shared/auth/address.js';
import type { Whois } from './tailscale-whois.js';

export type TailscaleReason =
  | 'tailscale_user_missing'
  | 'tailscale_proxy_missing'
  | 'tailscale_whois_failed'
  | 'tailscale_user_mismatch';

/** Undefined for a request that has nothing to do with Serve. */
export type TailscaleCheck = (request: DirectRequest) => Promise<'ok' | TailscaleReason | undefined>;

export function tailscaleCheck(whois: Whois): TailscaleCheck {
  return async ({ peer, headers }) => {
    const valueOf = (name: string): string => String(headers[name] ?? '').trim();
    const login = valueOf('tailscale-user-login');
    // The last hop is the one that the process at the other end of the socket wrote.
    const client = normalizeAddress(valueOf('x-forwarded-for').split(',').at(-1)?.trim());
    const throughServe =
      isLoopbackAddress(peer) &&
      isIP(client) !== 0 &&
      valueOf('x-forwarded-proto') !== '' &&
      valueOf('x-forwarded-host') !== '';
    if (!throughServe) return login === '' ? undefined : 'tailscale_proxy_missing';
    if (login === '') return 'tailscale_user_missing';
    const found = await whois(client);
    if (found === undefined) return 'tailscale_whois_failed';
    return found.toLowerCase() === login.toLowerCase() ? 'ok' : 'tailscale_user_mismatch';
  };
}
