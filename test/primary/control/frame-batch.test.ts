/** Frames as bytes, read back by the library that clients use. */
import type { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import {
  createFrameBatch,
  frameBytes,
  type FrameBatch,
  type OutgoingFrame,
} from '../../../src/primary/control/frame-batch.js';

/** Exported by the library, and missing in its types. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

/** The messages of a batch, as a client's parser takes them. */
function read({ chunks }: FrameBatch): string[] {
  const messages: string[] = [];
  const receiver = new Receiver({ isServer: false, allowSynchronousEvents: true });
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    expect(isBinary).toBe(false);
    messages.push(data.toString('utf8'));
  });
  receiver.on('error', (error: Error) => expect.fail(error.message));
  receiver.write(Buffer.concat(chunks.map((part) => Buffer.from(part))));
  return messages;
}

const frame = (head: string, tail?: string): OutgoingFrame => ({
  head: tail === undefined ? head : Buffer.from(head),
  tail: tail === undefined ? undefined : Buffer.from(tail),
});
const textOf = ({ head, tail }: OutgoingFrame, number: number): string =>
  text(head) + (tail ? String(number) + text(tail) : '');
const text = (part: string | Uint8Array): string => Buffer.from(part).toString('utf8');

/** Around the sizes at which headers grow, and where frames are no longer copied. */
const sizes = fc.constantFrom(
  0,
  1,
  120,
  123,
  124,
  125,
  126,
  127,
  4_096,
  4_097,
  65_530,
  65_535,
  65_536,
  100_000,
);
const frames = fc.array(
  fc.tuple(
    fc
      .tuple(sizes, fc.boolean())
      .map(([size, event]) => frame('é'.repeat(size / 2), event ? '}' : undefined)),
    fc.oneof(fc.nat(12), fc.integer({ min: 95, max: 105 }), fc.maxSafeNat()),
  ),
  { minLength: 1, maxLength: 12 },
);

describe('a batch', () => {
  it('holds each frame with its number', () => {
    fc.assert(
      fc.property(frames, (all) => {
        const numbers = all.map(([, number]) => number);
        const batch = createFrameBatch(
          all.map(([one]) => one),
          numbers,
        );
        expect(read(batch)).toEqual(all.map(([one, number]) => textOf(one, number)));
        for (const [one, number] of all)
          expect(frameBytes(one, number)).toBe(Buffer.byteLength(textOf(one, number)));
      }),
      { numRuns: 50 },
    );
  });

  it('serves another socket with other numbers, as long as they are as long', () => {
    const same = [frame('{"seq":', '}'), frame('{"res":1}'), frame('{"seq":', '}')];
    const batch = createFrameBatch(same, [10, 0, 11]);
    expect(batch.renumber(same, [98, 0, 99])).toBe(true);
    expect(read(batch)).toEqual(['{"seq":98}', '{"res":1}', '{"seq":99}']);
    expect(batch.renumber(same, [99, 0, 100])).toBe(false);
    expect(batch.renumber(same.slice(1), [0, 10])).toBe(false);
    expect(batch.renumber([...same.slice(0, 2), frame('{"seq":', '}')], [10, 0, 11])).toBe(false);
    expect(read(batch)).toEqual(['{"seq":98}', '{"res":1}', '{"seq":99}']);
  });

  it('does not copy what is large', () => {
    const large = frame('x'.repeat(100_000), '}');
    const batch = createFrameBatch([frame('{}'), large], [0, 7]);
    expect(batch.chunks).toContain(large.head);
    expect(batch.renumber([frame('{}'), large], [0, 8])).toBe(false);
  });
});
