/** Questions about addresses and `Host` values that decide how far a connection is trusted (protocol.md §9.6). */
import { BlockList, isIP } from 'node:net';

/** IPv4-mapped IPv6 reduced to IPv4, so that one client has one name. */
export function normalizeAddress(address: string | undefined): string {
  if (!address) return 'unknown';
  return address.toLowerCase().startsWith('::ffff:') && isIP(address.slice(7)) === 4
    ? address.slice(7)
    : address;
}

export function isLoopbackAddress(address: string): boolean {
  const plain = normalizeAddress(address);
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/** Host name and port of a `Host` header; brackets of IPv6 literals removed. */
export function splitHost(host: string): { readonly name: string; readonly port: string } {
  const literal = host.match(/^\[([^\]]*)\](?::(\d*))?$/);
  if (literal) return { name: literal[1] ?? '', port: literal[2] ?? '' };
  const colon = host.lastIndexOf(':');
  return colon < 0 ? { name: host, port: '' } : { name: host.slice(0, colon), port: host.slice(colon + 1) };
}

/** `localhost` or a loopback literal. */
export function isLoopbackHost(name: string): boolean {
  return name.toLowerCase() === 'localhost' || isLoopbackAddress(name);
}

/** RFC 1918, link-local or unique-local literals, `.local` and `.ts.net` names. */
export function isPrivateHost(name: string): boolean {
  const lower = name.toLowerCase();
  if (lower.endsWith('.local') || lower.endsWith('.ts.net')) return true;
  if (isIP(lower) === 6) return /^(fc|fd|fe[89ab])/.test(lower);
  if (isIP(lower) !== 4) return false;
  const [a = 0, b = 0] = lower.split('.').map(Number);
  return (
    a === 10 || (a === 172 && b >= 16 && b <= 31) || (a === 192 && b === 168) || (a === 169 && b === 254)
  );
}

/** A header (lower case) that only a proxy adds: with one of them a connection is not a direct one. */
export function isForwardingHeader(name: string): boolean {
  return name === 'forwarded' || name === 'x-real-ip' || name.startsWith('x-forwarded-');
}

export interface DirectRequest {
  readonly peer: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Direct loopback: local peer, no proxy in between, and a `Host` that means this machine (protocol.md §9.6). */
export function isDirectLoopback(request: DirectRequest): boolean {
  if (!isLoopbackAddress(request.peer)) return false;
  if (Object.keys(request.headers).some(isForwardingHeader)) return false;
  const host = request.headers.host;
  return typeof host === 'string' && isLoopbackHost(splitHost(host).name);
}

/** 100.64.0.0/10, where a tailnet's addresses are. */
export function isTailnetAddress(address: string): boolean {
  const [a = 0, b = 0] = address.split('.').map(Number);
  return isIP(address) === 4 && a === 100 && b >= 64 && b <= 127;
}

/** Tells whether an address is in one of the networks: addresses, or CIDR blocks of either family. Never for what is neither. */
export function networkList(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const block of networks.map(readNetwork))
    if (block) list.addSubnet(block.base, block.bits, block.family);
  return (address) => {
    // A zone (`fe80::1%eth0`) is the system's business.
    const plain = normalizeAddress(address).replace(/%.*$/, '');
    const version = isIP(plain);
    return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
  };
}

/** An address or a CIDR block. */
export function isNetwork(text: string): boolean {
  return readNetwork(text) !== undefined;
}

function readNetwork(text: string): { base: string; bits: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [, base = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(base);
  if (version === 0) return undefined;
  const most = version === 4 ? 32 : 128;
  const length = bits === undefined ? most : Number(bits);
  return length <= most ? { base, bits: length, family: version === 4 ? 'ipv4' : 'ipv6' } : undefined;
}
