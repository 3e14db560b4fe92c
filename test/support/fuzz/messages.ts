/** Messages that clients should not send, and what answer each of them has to get (protocol.md §2.1). */
import fc from 'fast-check';
import type { WebSocket } from 'ws';
import { changedBytes, changedText, changedValue, enlarged, sending, type Sending } from './mutations.js';

export interface Message {
  readonly bytes: Buffer;
  readonly sending: Sending;
}

/** Requests with these params, right and in every way wrong. */
export function messages(request: fc.Arbitrary<unknown>): fc.Arbitrary<Message> {
  const text = (value: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
    value.map((one) => JSON.stringify(one) ?? '');
  const changed = fc
    .tuple(request, fc.array(changedValue, { minLength: 1, maxLength: 2 }))
    .map(([value, changes]) => changes.reduce((before, change) => change(before), value));
  const rewritten = fc.tuple(text(request), changedText).map(([before, change]) => change(before));
  const bytes = fc.oneof(
    { weight: 8, arbitrary: text(request).map((one) => Buffer.from(one)) },
    { weight: 8, arbitrary: text(changed).map((one) => Buffer.from(one)) },
    { weight: 3, arbitrary: rewritten.map((one) => Buffer.from(one)) },
    {
      weight: 1,
      arbitrary: fc.tuple(text(request), changedBytes).map(([before, change]) => change(Buffer.from(before))),
    },
  );
  const large = fc.tuple(bytes, enlarged).map(([text, change]) => change(text));
  const any = fc.oneof({ weight: 80, arbitrary: bytes }, { weight: 1, arbitrary: large });
  return fc.record({ bytes: any, sending });
}

export function send(socket: WebSocket, { bytes, sending }: Message): void {
  const { binary } = sending;
  let at = 0;
  for (const length of sending.pieces) {
    socket.send(bytes.subarray(at, at + length), { binary, fin: false });
    at += length;
  }
  socket.send(bytes.subarray(at), { binary, fin: true });
}

/** What a message says; undefined when that is not JSON. */
export function valueOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined; // not UTF-8, or not JSON
  }
}

/** The id that the answer carries. */
export function answerId(bytes: Buffer): string {
  const id = (valueOf(bytes) as { id?: unknown } | null | undefined)?.id;
  return typeof id === 'string' && id.length <= 256 ? id : 'invalid';
}

/** For a failure's report. */
export function shown({ bytes, sending }: Message): string {
  const text = bytes.toString('utf8');
  const how = `${sending.binary ? 'binary' : 'text'}${sending.pieces.length > 0 ? ` in ${sending.pieces.length + 1} pieces` : ''}`;
  return `${how}: ${text.length > 300 ? `${text.slice(0, 300)}… (${bytes.length} bytes)` : text}`;
}
