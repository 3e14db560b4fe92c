/**
 * WebSocket frames as no library sends them: reserved bits and opcodes, lengths that lie, fragments in the wrong order,
 * control frames that are too long, no mask. Before and after the handshake such a connection ends, and nothing else does.
 */
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl, openSocket, type ControlClient } from '../support/control-client.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { deadlineMs, seed, times } from '../support/fuzz/settings.js';
import { answer } from '../support/session-calls.js';
import { within } from '../support/wait-for.js';

const AT_ONCE = 12;

let gateway: TestGateway;
let judge: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  judge = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

interface RawFrame {
  readonly first: number;
  readonly masked: boolean;
  /** How many bytes tell the length: 7 bits, 2 bytes, 8 bytes. */
  readonly form: 0 | 2 | 8;
  /** Added to what the length says. */
  readonly lie: number;
  readonly payload: Buffer;
}

const text = fc.constantFrom(
  '{"type":"req","id":"a","method":"health"}',
  '{"type":"req","id":"a","method":"no.such"}',
  '{"type":"req","id":"',
  '',
  'x'.repeat(126),
  'x'.repeat(70_000),
);

const opcodes = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0x80, 0x00, 0x01, 0x02, 0x81, 0x82, 0x88, 0x89, 0x8a) },
  { weight: 1, arbitrary: fc.nat(255) },
);

const frames = fc.array(
  fc.record({
    first: opcodes,
    masked: fc.oneof(
      { weight: 9, arbitrary: fc.constant(true) },
      { weight: 1, arbitrary: fc.constant(false) },
    ),
    form: fc.constantFrom<RawFrame['form']>(0, 0, 2, 8),
    lie: fc.oneof(
      { weight: 6, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(-1, 1, 2 ** 16, 2 ** 40) },
    ),
    payload: fc.oneof(
      text.map((one) => Buffer.from(one)),
      fc.uint8Array({ maxLength: 130 }).map((one) => Buffer.from(one)),
    ),
  }),
  { minLength: 1, maxLength: 5 },
);

it(`seed ${seed}: whatever bytes come, only their connection ends`, { timeout: deadlineMs }, async () => {
  const total = times(500);
  const { pid } = gateway;
  let begun = 0;
  const work = async (): Promise<void> => {
    while (begun < total) {
      begun += 1;
      const [sent = []] = fc.sample(frames, { seed: seed + begun, numRuns: 1 });
      const bytes = Buffer.concat(sent.map(encode));
      await tryBytes(bytes, begun % 2 === 0);
      if (begun % 25 === 0) await answer(judge, 'health', {});
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await answer(judge, 'health', {});
  expect([gateway.pid, gateway.child.exitCode]).toEqual([pid, null]);
  expect(gateway.logLines().filter(({ level }) => level === 'error')).toEqual([]);
});

async function tryBytes(bytes: Buffer, authenticated: boolean): Promise<void> {
  const client = await (authenticated ? connectControl(gateway.wsUrl) : openSocket(gateway.wsUrl));
  const connection = (client.socket as unknown as { readonly _socket: Socket })._socket;
  connection.write(bytes);
  connection.end();
  await within(`the end after ${bytes.toString('hex').slice(0, 400)}`, client.closed);
}

function encode({ first, masked, form, lie, payload }: RawFrame): Buffer {
  const length = Math.max(0, payload.length + lie);
  const flag = masked ? 0x80 : 0;
  const head = Buffer.alloc(2 + form);
  head[0] = first;
  if (form === 0) head[1] = flag | Math.min(length, 125);
  else if (form === 2) {
    head[1] = flag | 126;
    head.writeUInt16BE(length & 0xffff, 2);
  } else {
    head[1] = flag | 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  const mask = masked ? Buffer.from([0x11, 0x22, 0x33, 0x44]) : Buffer.alloc(0);
  const body = masked ? payload.map((byte, at) => byte ^ (mask[at % 4] as number)) : payload;
  return Buffer.concat([head, mask, body]);
}
