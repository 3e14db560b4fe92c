/** Frames of up to 25 MiB, and what they do to their own connection and to others (protocol.md §15). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import { startFor, startGateway, type TestGateway } from '../../support/gateway.js';
import { repeat } from '../../support/repeat.js';
import { waitFor, within } from '../../support/wait-for.js';

let gateway: TestGateway;
let admin: ControlClient;
let other: ControlClient;

beforeAll(async () => {
  gateway = await startGateway();
  [admin, other] = await Promise.all([connectControl(gateway.wsUrl), connectControl(gateway.wsUrl)]);
});
afterAll(async () => {
  await Promise.all([admin.close(), other.close()]);
  await gateway.stop();
});

/** 24 MB that a parser would make 12 million values of. */
const endless = `[${'0,'.repeat(12_000_000)}0]`;
/** Fewer than are too many, in the form that takes longest to read. */
const many = `{${Array.from({ length: 400_000 }, (_, i) => `"key-${i}":0`).join(',')}}`;
const long = JSON.stringify({ padding: 'x'.repeat(1024 * 1024) });

/** `params` as text. */
function request(id: string, method: string, params: string): string {
  return `{"type":"req","id":"${id}","method":"${method}","params":${params}}`;
}

function answer(client: ControlClient, id: string, deadlineMs = 30_000): Promise<Frame> {
  return waitFor(`answer to ${id}`, () => client.frames.find((frame) => frame.id === id), deadlineMs);
}

const tooMany = 'at root: must have at most 1000000 values';

describe('a large frame', () => {
  it.each<[string, string, string]>([
    ['health', endless, `invalid health params: ${tooMany}`],
    ['status', endless, `invalid status params: ${tooMany}`],
    ['status', many, "invalid status params: at root: unexpected property 'key-0'"],
    ['status', long, "invalid status params: at root: unexpected property 'padding'"],
    ['no.such', endless, 'unknown method: no.such'],
    ['no.such', long, 'unknown method: no.such'],
    ['connect', long, 'connect is only valid as the first request'],
  ])('for %s is answered as a small one would be (%#)', async (method, params, message) => {
    const id = `${method} ${message.length} ${params.length}`;
    admin.send(request(id, method, params));
    expect((await answer(admin, id)).error).toEqual({ code: 'INVALID_REQUEST', message });
  });

  it.each([
    ['lists', '[', ']'],
    ['objects', '{"x":', '}'],
  ])('of too many %s in one another is refused, and the next one is read', async (what, open, close) => {
    const id = `deep ${what}`;
    for (const depth of [5_000, 200_000]) {
      const deep = `${open.repeat(depth)}0${close.repeat(depth)}${' '.repeat(300_000)}`;
      admin.send(
        request(`${id} ${depth}`, 'agent', `{"message":"x","idempotencyKey":"x","internalEvents":${deep}}`),
      );
      const refused = await answer(admin, `${id} ${depth}`);
      expect(refused.error?.message).toBe('invalid request frame: at root: must have at most 128 levels');
    }
    admin.send(request(`after ${id}`, 'health', long));
    expect(await answer(admin, `after ${id}`)).toMatchObject({ ok: true });
  });

  it('with what the method takes is served', async () => {
    admin.send(request('served', 'health', long.replace('{', '{"probe":true,')));
    expect(await answer(admin, 'served')).toMatchObject({ ok: true, payload: { ok: true } });
    admin.send(request('many', 'health', many));
    expect(await answer(admin, 'many')).toMatchObject({ ok: true });
  });

  it('needs the scope of its method, before its params are looked at', async () => {
    const params = { client: { id: 'pllan-tui', version: '1.0.0', platform: 'linux', mode: 'ui' } };
    const reduced = await connectControl(gateway.wsUrl, { params });
    reduced.send(request('forbidden', 'status', endless));
    expect((await answer(reduced, 'forbidden')).error?.code).toBe('FORBIDDEN');
    await reduced.close();
  });

  it.each<[string, string | Buffer, string, string]>([
    ['no JSON', `${long}}`, 'invalid', 'at root: must be object'],
    ['no UTF-8', Buffer.from(long.replace('x', '\xe9'), 'latin1'), 'invalid', 'at root: must be object'],
    ['no request', `{"id":"mine","p":${long}}`, 'mine', "at root: must have required property 'type'"],
    [
      'no request and endless',
      `{"id":"mine","p":${endless}}`,
      'mine',
      "at root: must have required property 'type'",
    ],
    ['endless at the top', endless, 'invalid', tooMany],
  ])('that is %s is answered, and the socket stays open', async (_what, text, id, problem) => {
    const seen = admin.frames.length;
    admin.socket.send(text);
    const frame = await waitFor(
      'an answer',
      () => admin.frames.slice(seen).find(({ type }) => type === 'res'),
      30_000,
    );
    expect(frame.id).toBe(id);
    expect(frame.error?.message.startsWith(`invalid request frame: ${problem}`)).toBe(true);
    expect(await admin.call('health')).toMatchObject({ ok: true });
  });
});

it('frames of a connection are answered in the order in which they came', async () => {
  const frames: [string, string][] = [
    ['o-1', request('o-1', 'health', '{}')],
    ['o-2', request('o-2', 'health', many)],
    ['o-3', request('o-3', 'status', '{}')],
    ['o-4', request('o-4', 'no.such', endless)],
    ['o-5', request('o-5', 'health', '{}')],
    ['o-6', request('o-6', 'health', long)],
    ['o-7', request('o-7', 'no.such', '{}')],
  ];
  for (const [, text] of frames) admin.send(text);
  await answer(admin, 'o-7');
  const ids = frames.map(([id]) => id);
  expect(admin.frames.map(({ id }) => id).filter((id) => id?.startsWith('o-'))).toEqual(ids);
});

it('while a large frame is read, other connections are served', async () => {
  admin.socket.send(request('slow', 'health', many));
  await waitFor('sent', () => admin.socket.bufferedAmount === 0);
  // One after the other: each of them is a turn of the event loop that the large frame did not take.
  const served = repeat(() => other.call('health'));
  await answer(admin, 'slow');
  await served.stop();
  expect(served.failures).toEqual([]);
  expect(served.results.length).toBeGreaterThan(20);
});

it('a flood of large frames is answered, and so is everyone else', async () => {
  const ids = Array.from({ length: 6 }, (_, i) => `flood-${i}`);
  const served = repeat(() => other.call('health'));
  for (const id of ids) admin.socket.send(request(id, 'health', endless));
  await answer(admin, 'flood-5');
  await served.stop();
  expect(admin.frames.map(({ id }) => id).filter((id) => id?.startsWith('flood-'))).toEqual(ids);
  expect(served.failures).toEqual([]);
  expect(served.results.every(({ ok }) => ok)).toBe(true);
  expect(served.results.length).toBeGreaterThan(ids.length);
});

it('a client may go while its large frame is read', async () => {
  const client = await connectControl(gateway.wsUrl);
  client.send(request('gone', 'health', many));
  client.send(request('gone too', 'health', long));
  await waitFor('sent', () => client.socket.bufferedAmount === 0);
  client.socket.terminate();
  await within('close', client.closed);
  admin.send(request('after', 'health', long));
  expect(await answer(admin, 'after')).toMatchObject({ ok: true });
});

it('a gateway can stop while it reads one', async (test) => {
  const stopping = await startFor(test);
  const client = await connectControl(stopping.wsUrl);
  client.send(request('last', 'health', many));
  await waitFor('sent', () => client.socket.bufferedAmount === 0);
  stopping.child.kill('SIGTERM');
  expect(await within('close', client.closed)).toEqual({ code: 1012, reason: 'service restart' });
  expect(await within('exit', stopping.exited)).toBe(0);
});
