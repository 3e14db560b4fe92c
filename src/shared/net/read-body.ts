/** Reads the body of an answer: as many bytes as are allowed, counted after decompression. */
import { Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { fetchLimits } from '../upstream/limits.js';
import { FetchFailure } from './fetch-failure.js';

/** What is asked for. */
export const acceptedEncodings = 'gzip, deflate, br';

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** @throws FetchFailure `too-large`, or `network` for a coding that was not asked for; the body's error */
export async function readBody(
  body: AsyncIterable<Buffer>,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Buffer> {
  const coding = encoding?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') return collect(body, maxBytes);
  const decoder = decoders[coding];
  if (!decoder) throw new FetchFailure('network', 'the answer is compressed in a way that was not asked for');
  // A coded body is hardly larger than what is in it; one that decodes to nothing must not go on for ever.
  const source = Readable.from(bounded(body, maxBytes + fetchLimits.codingBytes), { objectMode: false });
  const decoded = decoder();
  source.once('error', (error) => decoded.destroy(error));
  try {
    return await collect(source.pipe(decoded), maxBytes);
  } finally {
    decoded.destroy();
    source.destroy();
  }
}

async function collect(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bounded(body, maxBytes)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* bounded(body: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

export function tooLarge(maxBytes: number): FetchFailure {
  return new FetchFailure('too-large', `the answer is larger than ${maxBytes} bytes`);
}
