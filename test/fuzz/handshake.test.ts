/**
 * First frames, right and wrong in every way, each on a socket of its own: what is no request is closed without an answer,
 * what is one gets exactly one, and then the close that belongs to it (protocol.md §4.4).
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clientIds, clientModes } from '../../src/shared/protocol/constants.js';
import { connectParams as connectCheck } from '../../src/shared/protocol/frames.js';
import {
  connectControl,
  connectParams,
  openSocket,
  type Close,
  type ControlClient,
} from '../support/control-client.js';
import { startGateway, TOKEN, type TestGateway } from '../support/gateway.js';
import { messages, send, shown, valueOf, type Message } from '../support/fuzz/messages.js';
import { deadlineMs, seed, times } from '../support/fuzz/settings.js';
import { valuesOf } from '../support/fuzz/valid-values.js';
import { jsonSchemaOf } from '../../src/shared/json-schema.js';
import { answer } from '../support/session-calls.js';
import { waitFor } from '../support/wait-for.js';

/** Fewer than may be strangers at a time. */
const AT_ONCE = 16;

let gateway: TestGateway;
let judge: ControlClient;
beforeAll(async () => {
  const rateLimit = { maxAttempts: 10_000, exemptLoopback: false };
  gateway = await startGateway({ config: { gateway: { auth: { mode: 'token', token: TOKEN, rateLimit } } } });
  judge = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

const connects = fc.record({
  type: fc.constant('req'),
  id: fc.string({ minLength: 1, maxLength: 8 }),
  method: fc.oneof(
    { weight: 12, arbitrary: fc.constant('connect') },
    { weight: 1, arbitrary: fc.constant('health') },
  ),
  params: fc
    .tuple(
      fc.constantFrom({}, connectParams()),
      valuesOf(jsonSchemaOf(connectCheck.schema), {
        minProtocol: fc.constantFrom(1, 3, 4, 5),
        maxProtocol: fc.constantFrom(2, 3, 4, 4, 99),
        id: fc.constantFrom('cli', 'gateway-client', ...clientIds),
        mode: fc.constantFrom(...clientModes),
        role: fc.constantFrom('operator', 'operator', 'node', 'admin'),
        scope: fc.constantFrom('operator.admin', 'operator.read', '__proto__'),
        token: fc.constantFrom(TOKEN, TOKEN, 'wrong', ''),
      }),
    )
    .map(([accepted, other]) => ({ ...(other as object), ...accepted })),
});

it(`seed ${seed}: every first frame is decided on, whatever it is`, { timeout: deadlineMs }, async () => {
  const { pid } = gateway;
  const total = times(800);
  let begun = 0;
  const work = async (): Promise<void> => {
    while (begun < total) {
      begun += 1;
      const [message] = fc.sample(messages(connects), { seed: seed + begun, numRuns: 1 });
      if (message) await tryFirst(message);
      if (begun % 50 === 0) await answer(judge, 'health', {});
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await answer(judge, 'health', {});
  expect([gateway.pid, gateway.child.exitCode]).toEqual([pid, null]);
  expect(gateway.logLines().filter(({ level }) => level === 'error')).toEqual([]);
  await judge.close();
  expect(await gateway.stop()).toBe(0);
});

async function tryFirst(message: Message): Promise<void> {
  const client = await openSocket(gateway.wsUrl);
  let closed: Close | undefined;
  void client.closed.then((close) => (closed = close));
  send(client.socket, message);
  const [first] = await waitFor(`a decision on ${shown(message)}`, () => {
    const answers = client.frames.filter(({ type }) => type === 'res');
    return closed || answers[0]?.ok === true ? answers : undefined;
  });
  const what = shown(message);
  if (isRequest(message)) {
    expect(first?.id, what).toBe((valueOf(message.bytes) as { id: string }).id);
    if (first?.ok) {
      await answer(client, 'health', {});
      await client.close();
    } else expect([1002, 1008], what).toContain(closed?.code);
  } else {
    expect(first, what).toBeUndefined();
    const tooLarge = message.bytes.length > 65_536;
    const close = tooLarge
      ? { code: 1009, reason: 'preauth payload too large' }
      : { code: 1008, reason: 'invalid request frame' };
    expect(closed, what).toEqual(close);
  }
  const answers = client.frames.filter(({ type }) => type === 'res');
  expect(answers.filter(({ id }) => id === first?.id).length, what).toBeLessThanOrEqual(1);
}

/** As protocol.md §2.1 has it, with the limits of the reference. */
function isRequest({ bytes }: Message): boolean {
  const value = valueOf(bytes);
  if (bytes.length > 65_536 || typeof value !== 'object' || value === null || Array.isArray(value))
    return false;
  const known = new Set(['type', 'id', 'method', 'params', 'traceparent', 'expectedProfileId']);
  const frame = value as Record<string, unknown>;
  const text = (field: unknown, least: number, most: number): boolean =>
    typeof field === 'string' && field.length >= least && field.length <= most;
  return (
    Object.keys(frame).every((key) => known.has(key)) &&
    frame.type === 'req' &&
    text(frame.id, 1, 256) &&
    text(frame.method, 1, 256) &&
    (!Object.hasOwn(frame, 'traceparent') || text(frame.traceparent, 0, 128)) &&
    (!Object.hasOwn(frame, 'expectedProfileId') || text(frame.expectedProfileId, 0, 256))
  );
}
