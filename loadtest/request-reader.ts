/**
 * Reads HTTP/1.1 requests from one socket with as little work as possible: it understands `Content-Length` and chunked
 * bodies of well-behaved clients and nothing else. For the mock upstream only, where a real parser would cost more CPU than
 * everything else that it does.
 */

export interface RawRequest {
  /** The request line and headers. */
  readonly head: string;
  /** The body as latin-1 text, chunk framing included. */
  readonly body: string;
}

const noBytes: Buffer = Buffer.alloc(0);
const maxRequestBytes = 1_048_576;

/** Feeds bytes in, gets whole requests out; throws when a request is larger than 1 MiB. */
export function createRequestReader(onRequest: (request: RawRequest) => void): (bytes: Buffer) => void {
  let pending = noBytes;
  return (bytes) => {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    for (;;) {
      const headEnd = pending.indexOf('\r\n\r\n');
      const end = headEnd === -1 ? -1 : requestEnd(pending, headEnd);
      if (end === -1 || end > pending.length) break;
      const request = {
        head: pending.toString('latin1', 0, headEnd),
        body: pending.toString('latin1', headEnd + 4, end),
      };
      pending = end === pending.length ? noBytes : pending.subarray(end);
      onRequest(request);
    }
    if (pending.length > maxRequestBytes) throw new Error('request too large for the mock upstream');
  };
}

/** Where the request ends in the buffer, or -1 while that is not known. */
function requestEnd(buffer: Buffer, headEnd: number): number {
  const head = buffer.toString('latin1', 0, headEnd);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) return headEnd + 4 + Number(length);
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return headEnd + 4;
  const last = buffer.indexOf('0\r\n\r\n', headEnd + 4);
  return last === -1 ? -1 : last + 5;
}
