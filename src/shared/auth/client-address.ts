/**
 * Who is behind a socket (http.md §14): its other end, or the client that a trusted proxy names. What any other peer says
 * about addresses counts for nothing, except that its connection is not a direct one.
 */
import { isIP } from 'node:net';
import {
  isDirectLoopback,
  isForwardingHeader,
  networkList,
  normalizeAddress,
  type DirectRequest,
} from './address.js';

export interface ProxyPolicy {
  /** Addresses and CIDR blocks. */
  readonly trustedProxies: readonly string[];
  readonly allowRealIpFallback: boolean;
}

export interface ClientAddress {
  /** Normalized. Of the proxy, where it does not say whom it speaks for. */
  readonly address: string;
  /** Whether there is a proxy in between, and whether it was believed. */
  readonly proxy: 'none' | 'trusted' | 'untrusted';
  readonly directLoopback: boolean;
}

/** Builds the rule once per policy. */
export function clientAddresses(policy: ProxyPolicy): (request: DirectRequest) => ClientAddress {
  const isTrusted = networkList(policy.trustedProxies);
  return (request) => {
    const peer = normalizeAddress(request.peer);
    if (!Object.keys(request.headers).some(isForwardingHeader)) {
      return { address: peer, proxy: 'none', directLoopback: isDirectLoopback(request) };
    }
    if (!isTrusted(peer)) return { address: peer, proxy: 'untrusted', directLoopback: false };
    const { headers } = request;
    const named = hopsOf(headers).flatMap((hops) => nearestUntrusted(hops, isTrusted) ?? []);
    // A proxy writes one of the headers, and may pass on the other as the client made it up.
    const [client, other = client] = named.filter((address) => !isTrusted(address));
    if (client !== other) return { address: peer, proxy: 'trusted', directLoopback: false };
    const realIp = policy.allowRealIpFallback ? readAddress(textOf(headers['x-real-ip'])) : undefined;
    return { address: client ?? named[0] ?? realIp ?? peer, proxy: 'trusted', directLoopback: false };
  };
}

/** From the gateway outwards: the first that is no proxy of ours, or the last whose address can be read. */
function nearestUntrusted(
  hops: readonly string[],
  isTrusted: (address: string) => boolean,
): string | undefined {
  let nearest: string | undefined;
  for (const hop of hops.toReversed()) {
    const address = readAddress(hop);
    if (address === undefined) break;
    nearest = address;
    if (!isTrusted(address)) break;
  }
  return nearest;
}

/** What each of the two headers says, as the proxies wrote it, the client first. */
function hopsOf(headers: DirectRequest['headers']): readonly (readonly string[])[] {
  const list = textOf(headers['x-forwarded-for'])?.split(',');
  const forwarded = textOf(headers.forwarded)
    ?.split(',')
    .map((hop) => /(?:^|;)\s*for\s*=\s*([^;]*)/i.exec(hop)?.[1] ?? '');
  return [list, forwarded].filter((hops) => hops !== undefined);
}

/** An address, perhaps quoted and with a port. */
function readAddress(text: string | undefined): string | undefined {
  const plain = text?.trim().replace(/^"(.*)"$/, '$1') ?? '';
  const [, inBrackets, beforePort] = /^\[(.*)\](?::\d+)?$|^([\d.]+):\d+$/.exec(plain) ?? [];
  const address = normalizeAddress(inBrackets ?? beforePort ?? plain);
  return isIP(address) === 0 ? undefined : address;
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header;
}
