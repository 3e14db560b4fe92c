/** Decides from the first bytes of a connection who serves it (architecture, «Port»). Pure; called again as bytes arrive. */
import { isPrimaryPath, pathOf, withoutTrailingSlash } from '../../shared/http/primary-paths.js';
import { portLimits } from '../../shared/limits.js';

export type Verdict = 'more' | 'primary' | 'worker' | 'too-large' | 'not-http';

export type TlsVerdict = 'tls' | 'plain-http' | 'not-tls';

/** Content type of the record with which every TLS connection begins. */
const HANDSHAKE = 0x16;

const requestLine = /^[A-Z][A-Z-]{0,31} (\S+) HTTP\/1\.[01]\r$/;

/** `head` is everything read so far. */
export function classify(head: Buffer): Verdict {
  const start = skipLeadingLines(head);
  const lineEnd = head.indexOf('\n', start);
  if (lineEnd < 0) {
    if (start < head.length && !looksLikeMethod(head, start)) return 'not-http';
    return head.length > portLimits.headerBytes ? 'too-large' : 'more';
  }
  const line = head.toString('latin1', start, lineEnd);
  // A bare line feed is wrong, but wrong HTTP: Node's parser in the worker says so.
  if (!line.endsWith('\r')) return looksLikeMethod(head, start) ? 'worker' : 'not-http';
  const target = requestLine.exec(line)?.[1];
  if (target === undefined) return 'not-http';
  const end = head.indexOf('\r\n\r\n', lineEnd - 1);
  if (end < 0) return head.length - start > portLimits.headerBytes ? 'too-large' : 'more';
  if (end - start > portLimits.headerBytes) return 'too-large';
  if (isPrimaryPath(withoutTrailingSlash(pathOf(target)))) return 'primary';
  return offersWebSocket(head.toString('latin1', lineEnd + 1, end)) ? 'primary' : 'worker';
}

/** Where TLS is on, its first byte decides: what follows is for whoever ends it. */
export function classifyTls(head: Buffer): TlsVerdict {
  if (head[0] === HANDSHAKE) return 'tls';
  return looksLikeMethod(head, 0) ? 'plain-http' : 'not-tls';
}

/** Empty lines before a request are allowed and mean nothing. */
function skipLeadingLines(head: Buffer): number {
  let at = 0;
  while (at < head.length && (head[at] === 0x0d || head[at] === 0x0a)) at += 1;
  return at;
}

function looksLikeMethod(head: Buffer, start: number): boolean {
  const first = head[start];
  return first !== undefined && first >= 0x41 && first <= 0x5a;
}

/** Anything less clear than these two headers goes to a worker, which hands a real upgrade back. */
function offersWebSocket(headers: string): boolean {
  return /^upgrade:[ \t]*websocket[ \t]*\r?$/im.test(headers) && /^connection:.*\bupgrade\b/im.test(headers);
}
