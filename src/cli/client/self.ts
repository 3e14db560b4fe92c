/** What a gateway says of itself in its list of presence (protocol.md §13). */
import { plainText } from '../output/plain-text.js';
import { recordsOf, textOf, type Facts } from '../record.js';

/** Null when it says nothing. */
export function selfOf(presence: unknown): Facts | null {
  const own = recordsOf(presence).find(({ reason, mode }) => reason === 'self' || mode === 'gateway');
  if (!own) return null;
  const { host, ip, version, platform } = own;
  return { host, ip, version, platform };
}

/** `vm (10.0.0.2) app 0.1.0 linux 6.8.0` */
export function selfText({ host, ip, version, platform }: Facts): string {
  const [name, address, release, system] = [host, ip, version, platform].map((value) =>
    plainText(textOf(value) ?? ''),
  );
  const place = address ? `${name} (${address})` : name;
  return [place, release && `app ${release}`, system].filter(Boolean).join(' ');
}
