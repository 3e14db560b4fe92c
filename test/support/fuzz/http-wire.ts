/** How requests go over the wire: framed rightly or not, several at once, in pieces, cut off, their bytes changed. */
import fc from 'fast-check';
import { requests, type HttpRequest } from './http-requests.js';
import { changedBytes } from './mutations.js';

export interface HttpInput {
  readonly bytes: Buffer;
  /** Lengths of what is written first, piece by piece. */
  readonly pieces: readonly number[];
  /** `waits`: everything that was asked is there, and its answers are owed; the last request closes the connection. */
  readonly ending: 'waits' | 'half-closes' | 'resets';
  /** Of the requests, where these are what the gateway reads. */
  readonly methods: readonly string[];
}

type Framing =
  | { readonly kind: 'length' }
  | { readonly kind: 'chunks'; readonly sizes: readonly number[]; readonly trailer: string }
  | { readonly kind: 'wrong'; readonly fields: string; readonly chunked: boolean };

const wrongLengths = ['-1', '+5', '0x10', '1e3', '99999999999999999999', '5, 5', '5, 6', '', '40000000'];
const wrongCodings = ['gzip, chunked', 'chunked, gzip', 'identity', 'chunked, chunked', 'xchunked', ''];

const framing: fc.Arbitrary<Framing> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Framing>({ kind: 'length' }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('chunks' as const),
      sizes: fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 5 }),
      trailer: fc.constantFrom('', 'X-After: x\r\n'),
    }),
  },
);
const wrongFraming: fc.Arbitrary<Framing> = fc.record({
  kind: fc.constant('wrong' as const),
  fields: fc.oneof(
    fc.constantFrom(...wrongLengths).map((value) => `Content-Length: ${value}\r\n`),
    fc.constantFrom(...wrongCodings).map((value) => `Transfer-Encoding: ${value}\r\n`),
    fc.constant('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'),
    fc.constant('Content-Length: 5\r\nContent-Length: 7\r\n'),
    fc.constant('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'),
  ),
  chunked: fc.boolean(),
});

/** Like an ordinary client, with a body where there is one to send. */
function written({ method, target, fields, message }: HttpRequest, framing: Framing, last: boolean): Buffer {
  const { bytes: body } = message;
  const bodiless = body.length === 0 && framing.kind === 'length' && method !== 'POST';
  const lines = [`${method} ${target} HTTP/1.1`];
  if (!fields.some(([name]) => name === 'Host' || name === 'No-Host')) lines.push('Host: gateway.test');
  for (const [name, value] of fields) lines.push(`${name}: ${value}`);
  if (last) lines.push('Connection: close');
  let head = `${lines.join('\r\n')}\r\n`;
  if (framing.kind === 'wrong') head += framing.fields;
  else if (framing.kind === 'chunks') head += 'Transfer-Encoding: chunked\r\n';
  else if (!bodiless) head += `Content-Length: ${body.length}\r\n`;
  const sizes = framing.kind === 'chunks' ? framing.sizes : [];
  const isChunked = framing.kind === 'chunks' || (framing.kind === 'wrong' && framing.chunked);
  const trailer = framing.kind === 'chunks' ? framing.trailer : '';
  return Buffer.concat([
    Buffer.from(`${head}\r\n`, 'latin1'),
    ...(isChunked ? [chunked(body, sizes, trailer)] : [body]),
  ]);
}

function chunked(body: Buffer, sizes: readonly number[], trailer: string): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const size of [...sizes, body.length]) {
    const part = body.subarray(at, at + size);
    if (part.length === 0) break;
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
    at += size;
  }
  return Buffer.concat([...parts, Buffer.from(`0\r\n${trailer}\r\n`)]);
}

const pieces = fc.oneof(
  { weight: 5, arbitrary: fc.constant<number[]>([]) },
  { weight: 1, arbitrary: fc.array(fc.nat(200), { maxLength: 4 }) },
);

/** One request, or a few on one connection without waiting for answers. */
const wellFramed = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.tuple(requests) },
      { weight: 1, arbitrary: fc.array(requests, { minLength: 2, maxLength: 4 }) },
    ),
    fc.array(framing, { minLength: 4, maxLength: 4 }),
  )
  .map(([asked, framings]) => ({
    bytes: Buffer.concat(
      asked.map((one, n) => written(one, framings[n] ?? { kind: 'length' }, n === asked.length - 1)),
    ),
    methods: asked.map(({ method }) => method),
  }));

const waiting = fc
  .record({ one: wellFramed, pieces })
  .map(({ one, pieces }): HttpInput => ({ ...one, pieces, ending: 'waits' }));

/** Bytes elsewhere, twice, not at all, or others. */
const changedStream: fc.Arbitrary<(bytes: Buffer) => Buffer> = fc.oneof(
  changedBytes,
  fc.nat().map((at) => (bytes: Buffer) => bytes.subarray(0, at % (bytes.length + 1))),
  fc.tuple(fc.nat(300), fc.nat(40)).map(
    ([at, length]) =>
      (bytes: Buffer) =>
        Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]),
  ),
  fc
    .tuple(
      fc.nat(300),
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        '\u0000',
        ' ',
        ':',
        'HTTP/1.1',
        'HTTP/9.9',
        '0\r\n\r\n',
        '\u0016\u0003\u0001',
      ),
    )
    .map(
      ([at, what]) =>
        (bytes: Buffer) =>
          Buffer.concat([bytes.subarray(0, at), Buffer.from(what, 'latin1'), bytes.subarray(at)]),
    ),
  fc.tuple(fc.nat(300), fc.nat(7)).map(([at, bit]) => (bytes: Buffer) => {
    const copy = Buffer.from(bytes);
    copy[at % Math.max(1, copy.length)]! ^= 1 << bit;
    return copy;
  }),
  fc.uint8Array({ maxLength: 200 }).map((noise) => () => Buffer.from(noise)),
);

const ending = fc.constantFrom('half-closes' as const, 'half-closes' as const, 'resets' as const);

const broken = fc
  .record({
    bytes: fc.oneof(
      fc.tuple(wellFramed, changedStream).map(([{ bytes }, change]) => change(bytes)),
      fc.tuple(requests, wrongFraming).map(([one, framing]) => written(one, framing, true)),
    ),
    pieces,
    ending,
  })
  .map((input): HttpInput => ({ ...input, methods: [] }));

const cutOff = fc
  .record({ one: wellFramed, pieces, ending })
  .map(({ one, ...how }): HttpInput => ({ ...one, ...how }));

export const inputs: fc.Arbitrary<HttpInput> = fc.oneof(
  { weight: 8, arbitrary: waiting },
  { weight: 3, arbitrary: broken },
  { weight: 1, arbitrary: cutOff },
);

/** For a failure's report. */
export function shownInput({ bytes, pieces, ending }: HttpInput): string {
  const text = JSON.stringify(bytes.toString('latin1'));
  const start = text.length > 1_500 ? `${text.slice(0, 1_500)}… (${bytes.length} bytes)` : text;
  return `${ending}${pieces.length > 0 ? `, in pieces of ${pieces.join(', ')}` : ''}: ${start}`;
}
