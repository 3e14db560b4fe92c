/** `node.invoke` and what becomes of it (methods.md §10). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import { startFor, startGateway, type TestGateway } from '../../support/gateway.js';
import { connectNode, type TestNode } from '../../support/node.js';
import { refusal } from '../../support/session-calls.js';

let gateway: TestGateway;
let client: ControlClient;
let node: TestNode;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.write'] } });
  node = await connectNode(gateway, { commands: ['camera.snap', 'slow'] });
});
afterAll(() => gateway.stop());

interface Invoke {
  readonly idempotencyKey?: string;
  readonly nodeId?: string;
  readonly command?: string;
  readonly params?: unknown;
  readonly timeoutMs?: number;
}

function invoke(over: Invoke, asking: ControlClient = client): Promise<Frame> {
  const defaults = { nodeId: node.nodeId, command: 'camera.snap', idempotencyKey: randomUUID() };
  return asking.call('node.invoke', { ...defaults, ...over });
}

const errorOf = async (answer: Promise<Frame>): Promise<Frame['error']> => (await answer).error;

describe('a command', () => {
  it('goes to the node, and its result comes back', async () => {
    const idempotencyKey = randomUUID();
    const answer = invoke({ idempotencyKey, params: { lens: 'front', n: [1, 2] }, timeoutMs: 20_000 });
    const asked = await node.asked(idempotencyKey);
    expect(asked).toEqual({
      id: expect.any(String),
      nodeId: node.nodeId,
      command: 'camera.snap',
      paramsJSON: '{"lens":"front","n":[1,2]}',
      timeoutMs: 20_000,
      idempotencyKey,
    });
    const result = { id: asked.id, nodeId: node.nodeId, ok: true, payload: { image: 'x' } };
    expect((await node.call('node.invoke.result', result)).payload).toEqual({ ok: true });
    expect((await answer).payload).toEqual({
      ok: true,
      nodeId: node.nodeId,
      command: 'camera.snap',
      payload: { image: 'x' },
      payloadJSON: null,
    });
    expect((await node.call('node.invoke.result', result)).payload).toEqual({ ok: true, ignored: true });
  });

  it('is asked for with an event that has no number, and by default for 30 s', async () => {
    const idempotencyKey = randomUUID();
    const answer = invoke({ idempotencyKey });
    const asked = await node.asked(idempotencyKey);
    expect(asked).toMatchObject({ paramsJSON: null, timeoutMs: 30_000 });
    const frames = node.frames.filter(({ event }) => event === 'node.invoke.request');
    expect(frames.some((frame) => 'seq' in frame)).toBe(false);
    await node.call('node.invoke.result', { id: asked.id, nodeId: node.nodeId, ok: true });
    expect((await answer).payload).toMatchObject({ payload: null, payloadJSON: null });
  });

  it.each([
    ['{"a":[1]}', { payload: { a: [1] }, payloadJSON: null }],
    ['not JSON', { payload: null, payloadJSON: 'not JSON' }],
    // Larger than the gateway reads on its event loop.
    [JSON.stringify('x'.repeat(400_000)), { payload: 'x'.repeat(400_000), payloadJSON: null }],
  ])('may answer with text: %.20s', async (payloadJSON, expected) => {
    const idempotencyKey = randomUUID();
    const answer = invoke({ idempotencyKey });
    const { id } = await node.asked(idempotencyKey);
    await node.call('node.invoke.result', { id, nodeId: node.nodeId, ok: true, payloadJSON });
    expect((await answer).payload).toMatchObject(expected);
  });

  it('that fails says why', async () => {
    const idempotencyKey = randomUUID();
    const answer = invoke({ idempotencyKey });
    const { id } = await node.asked(idempotencyKey);
    const error = { code: 'NO_CAMERA', message: 'there is no camera' };
    await node.call('node.invoke.result', { id, nodeId: node.nodeId, ok: false, error });
    expect(await errorOf(answer)).toEqual({
      code: 'UNAVAILABLE',
      message: 'there is no camera',
      details: { code: 'NO_CAMERA' },
    });
  });

  it('ends with its time; a result after that is ignored', async () => {
    const idempotencyKey = randomUUID();
    const answer = invoke({ idempotencyKey, timeoutMs: 30 });
    const { id } = await node.asked(idempotencyKey);
    expect(await errorOf(answer)).toEqual({
      code: 'UNAVAILABLE',
      message: 'node invoke timed out',
      details: { code: 'TIMEOUT' },
    });
    const late = await node.call('node.invoke.result', { id, nodeId: node.nodeId, ok: true });
    expect(late.payload).toEqual({ ok: true, ignored: true });
  });

  it('ends with its node’s connection', async () => {
    const leaving = await connectNode(gateway, { commands: ['slow'] });
    const idempotencyKey = randomUUID();
    const answer = invoke({ nodeId: leaving.nodeId, command: 'slow', idempotencyKey });
    await leaving.asked(idempotencyKey);
    await leaving.close();
    expect(await errorOf(answer)).toEqual({
      code: 'UNAVAILABLE',
      message: 'node disconnected',
      details: { code: 'NOT_CONNECTED' },
    });
    expect(await errorOf(invoke({ nodeId: leaving.nodeId, command: 'slow' }))).toEqual({
      code: 'UNAVAILABLE',
      message: 'node not connected',
      details: { code: 'NOT_CONNECTED' },
    });
  });

  it('the node did not declare is not sent', async () => {
    expect(await errorOf(invoke({ command: 'format.disk' }))).toEqual({
      code: 'INVALID_REQUEST',
      message: 'node command not allowed: the node does not declare "format.disk"',
    });
  });

  it('with too large params is refused', async () => {
    const { message } = (await errorOf(invoke({ params: 'x'.repeat(1_048_576) }))) ?? {};
    expect(message).toBe(
      'invalid node.invoke params: at /params: must have at most 1048576 characters as JSON',
    );
  });
});

describe('an idempotency key', () => {
  it('asks the node once, whoever repeats it and when', async () => {
    const idempotencyKey = randomUUID();
    const answers = [invoke({ idempotencyKey }), invoke({ idempotencyKey })];
    const { id } = await node.asked(idempotencyKey);
    await client.call('health');
    await node.call('node.invoke.result', { id, nodeId: node.nodeId, ok: true, payload: 7 });
    const other = await connectControl(gateway.wsUrl);
    const payloads = [...(await Promise.all(answers)), await invoke({ idempotencyKey }, other)].map(
      ({ payload }) => payload,
    );
    expect(payloads).toEqual([payloads[0], payloads[0], payloads[0]]);
    expect(payloads[0]).toMatchObject({ payload: 7 });
    const requests = node.frames.filter(({ payload }) => payload?.idempotencyKey === idempotencyKey);
    expect(requests).toHaveLength(1);
    await other.close();
  });

  it('is used up by a command that timed out, and not by one that was never sent', async () => {
    const [used, free] = [randomUUID(), randomUUID()];
    const timedOut = await errorOf(invoke({ idempotencyKey: used, timeoutMs: 1 }));
    expect(await errorOf(invoke({ idempotencyKey: used }))).toEqual(timedOut);
    expect(await errorOf(invoke({ idempotencyKey: free, command: 'unknown' }))).toMatchObject({
      code: 'INVALID_REQUEST',
    });
    const answer = invoke({ idempotencyKey: free });
    const { id } = await node.asked(free);
    await node.call('node.invoke.result', { id, nodeId: node.nodeId, ok: true });
    expect(await answer).toMatchObject({ ok: true });
  });
});

it('one node cannot have more than 64 requests open', async () => {
  const busy = await connectNode(gateway, { commands: ['slow'] });
  const asking = await connectControl(gateway.wsUrl);
  const ask = (): Promise<Frame> => invoke({ nodeId: busy.nodeId, command: 'slow' }, asking);
  const open = Array.from({ length: 64 }, ask);
  expect(await errorOf(ask())).toEqual({
    code: 'UNAVAILABLE',
    message: 'too many requests wait for nodes; try again shortly',
    details: { code: 'BUSY' },
    retryable: true,
    retryAfterMs: 1_000,
  });
  await busy.close();
  const codes = (await Promise.all(open)).map(({ error }) => error?.details?.code);
  expect(new Set(codes)).toEqual(new Set(['NOT_CONNECTED']));
  await asking.close();
});

it('a node answers for itself only, and calls nothing of an operator’s; nor the other way round', async () => {
  const other = await connectNode(gateway, { commands: ['camera.snap'] });
  const idempotencyKey = randomUUID();
  const answer = invoke({ idempotencyKey });
  const { id } = await node.asked(idempotencyKey);
  const foreign = { id, nodeId: node.nodeId, ok: true, payload: 'forged' };
  expect(await refusal(other, 'node.invoke.result', foreign)).toBe(
    'INVALID_REQUEST nodeId does not match the device',
  );
  const own = await other.call('node.invoke.result', { ...foreign, nodeId: other.nodeId });
  expect(own.payload).toEqual({ ok: true, ignored: true });
  await node.call('node.invoke.result', { ...foreign, payload: 'true' });
  expect((await answer).payload).toMatchObject({ payload: 'true' });
  expect((await other.call('node.event', { event: 'voice', payload: { text: 'x' } })).payload).toEqual({
    ok: true,
  });
  expect(await refusal(other, 'node.list', {})).toBe('INVALID_REQUEST unauthorized role: node');
  expect(await refusal(client, 'node.event', { event: 'x' })).toBe(
    'INVALID_REQUEST unauthorized role: operator',
  );
  await other.close();
});

it('a command that gateway.nodes.commands does not allow is not sent', async (test) => {
  const strict = await startFor(test, {
    config: { gateway: { nodes: { commands: { allow: ['a', 'b'], deny: ['b'] } } } },
  });
  const asking = await connectControl(strict.wsUrl);
  const declared = await connectNode(strict, { commands: ['a', 'b', 'c'] });
  const { nodeId } = declared;
  for (const command of ['b', 'c']) {
    expect(await errorOf(invoke({ nodeId, command }, asking))).toEqual({
      code: 'INVALID_REQUEST',
      message: `node command not allowed: gateway.nodes.commands does not allow "${command}"`,
    });
  }
  expect(await errorOf(invoke({ nodeId, command: 'a', timeoutMs: 1 }, asking))).toMatchObject({
    details: { code: 'TIMEOUT' },
  });
});
