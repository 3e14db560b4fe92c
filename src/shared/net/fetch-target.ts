/** Whether a URL may be fetched for a stranger, as far as its text tells. */
import { domainToASCII } from 'node:url';
import { FetchFailure } from './fetch-failure.js';

/** Names that mean something only on the local network, or to a machine of a cloud. */
const localNames = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home\.arpa)$/;

/**
 * @param allowedHosts names, `*.example.com` for all below one; any when undefined
 * @throws FetchFailure `url` or `blocked-host`
 */
export function readTarget(text: string, base: URL | undefined, allowedHosts?: readonly string[]): URL {
  if (!URL.canParse(text, base?.href)) throw new FetchFailure('url', 'not a valid URL');
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new FetchFailure('url', 'only http and https URLs can be fetched');
  if (url.username !== '' || url.password !== '')
    throw new FetchFailure('url', 'the URL must not contain credentials');
  const host = hostOf(url);
  if (host === '' || localNames.test(host))
    throw new FetchFailure('blocked-host', 'the host is a name of the local network');
  if (allowedHosts && !allowedHosts.some((pattern) => matches(host, pattern)))
    throw new FetchFailure('blocked-host', 'the host is not on the list of allowed ones');
  return url;
}

/** A name, or an address without brackets. URLs have odd spellings of IPv4 (`0x7f.1`, `2130706433`) undone already. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function matches(host: string, pattern: string): boolean {
  const below = pattern.startsWith('*.');
  const name = domainToASCII(below ? pattern.slice(2) : pattern).replace(/\.$/, '');
  if (name === '') return false;
  return below ? host.endsWith(`.${name}`) : host === name;
}
