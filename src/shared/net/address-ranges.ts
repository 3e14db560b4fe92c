/**
 * Which addresses are the public internet's: what a request for a stranger may be sent to. An address is refused unless
 * it is known to be public; one that carries an IPv4 address in it is what that address is.
 */
import { isIP } from 'node:net';
import { networkList } from '../auth/address.js';

/** IANA's special-purpose registry, multicast, what is reserved, and where clouds answer their own machines. */
const special4 = networkList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32', // the host of a machine at Azure
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);

/** All that has been given out for the internet … */
const global6 = networkList(['2000::/3']);

/** … and what of it is for other uses: Teredo and other protocols, documentation, 6to4. */
const special6 = networkList(['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);

/** IPv4 in IPv6: mapped (RFC 4291) and translated by NAT64 (RFC 6052). */
const carriers = [
  [0, 0, 0, 0, 0, 0xffff],
  [0x64, 0xff9b, 0, 0, 0, 0],
] as const;

/** False also for what is no address, and for one with a zone. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !special4(address);
  if (isIP(address) !== 6 || address.includes('%')) return false;
  const carried = carriedAddress(address);
  if (carried !== undefined) return !special4(carried);
  return global6(address) && !special6(address);
}

function carriedAddress(address: string): string | undefined {
  const groups = groupsOf(address);
  if (!carriers.some((carrier) => carrier.every((group, n) => groups[n] === group))) return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  // A URL writes each address in one way, and a dotted end in hex.
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = plain
    .split('::')
    .map((part) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))));
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}
