/**
 * Answers given while the body of their request, or what was sent behind it, is still arriving: the client goes on
 * sending, reads its answer all the same, and finds no connection reset (RFC 9112 §9.6).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { HOOK_TOKEN, withHooks } from '../../support/hooks.js';
import { openRaw, rawChat, rawRequest, type RawConnection } from '../../support/raw-connection.js';
import { waitFor, within } from '../../support/wait-for.js';

const PIECE_BYTES = 500;
const PIECES = 20;
const LIMIT = PIECES * PIECE_BYTES;

let gateway: TestGateway;
beforeAll(async () => {
  const http = { endpoints: { chatCompletions: { maxBodyBytes: LIMIT } } };
  const over = { gateway: { http, auth: { mode: 'token', token: TOKEN } } };
  gateway = await startGateway({ config: withHooks({ maxBodyBytes: LIMIT }, over) });
});
afterAll(() => gateway.stop());

interface Early {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly token?: string;
}

const early: readonly Early[] = [
  { method: 'HEAD', path: '/v1/responses', status: 405 },
  { method: 'PUT', path: '/v1/responses', status: 405 },
  { method: 'POST', path: '/v1/models', status: 405 },
  { method: 'POST', path: '/nothing', status: 404 },
  { method: 'HEAD', path: '/v1/nothing', status: 404 },
  { method: 'GET', path: '/v1/models', status: 200 },
  { method: 'HEAD', path: '/v1/models', status: 200 },
  { method: 'GET', path: '/', status: 200 },
  { method: 'HEAD', path: '/', status: 200 },
  { method: 'POST', path: '/v1/responses', status: 401, token: 'wrong' },
  { method: 'HEAD', path: '/v1/models', status: 401, token: 'wrong' },
  { method: 'POST', path: '/hooks/wake?token=x', status: 400 },
  { method: 'HEAD', path: '/hooks/wake', status: 405 },
  { method: 'POST', path: '/hooks', status: 404, token: HOOK_TOKEN },
];

type Framing = 'length' | 'chunks';

const fieldOf = (framing: Framing): Record<string, string> =>
  framing === 'chunks'
    ? { 'Transfer-Encoding': 'chunked' }
    : { 'Content-Length': String(PIECES * PIECE_BYTES) };

const piece = (framing: Framing): string => {
  const bytes = 'x'.repeat(PIECE_BYTES);
  return framing === 'chunks' ? `${PIECE_BYTES.toString(16)}\r\n${bytes}\r\n` : bytes;
};

const headOf = ({ method, path, token = TOKEN }: Early, headers: Readonly<Record<string, string>>): string =>
  rawRequest({ method, path, headers }).replace(TOKEN, token);

/** A head has come, of what may be the answer to HEAD. */
async function statusOf(connection: RawConnection): Promise<number> {
  const head = /^HTTP\/1\.1 (\d{3}) [^]*?\r\n\r\n/;
  const [, status] = await waitFor('the answer', () => head.exec(connection.received()) ?? undefined);
  return Number(status);
}

/** One piece after the other. @throws when the connection breaks */
async function writeAll(connection: RawConnection, pieces: readonly string[]): Promise<void> {
  for (const one of pieces) {
    await connection.write(one);
    await nextTurn();
  }
}

async function expectGentleEnd(connection: RawConnection): Promise<void> {
  await within('the end', connection.ended);
  connection.halfClose();
  await within('the connection to close', connection.closed);
  expect(connection.failure()).toBeUndefined();
}

describe.each(['length', 'chunks'] as const)('a body with %s in pieces', (framing) => {
  const body = Array.from({ length: PIECES }, () => piece(framing));
  const last = framing === 'chunks' ? '0\r\n\r\n' : '';

  it.each(early)('on a connection that closes: $method $path, $status', async (request) => {
    const connection = await openRaw(gateway.port);
    await connection.write(headOf(request, { ...fieldOf(framing), Connection: 'close' }));
    expect(await statusOf(connection)).toBe(request.status);
    await writeAll(connection, [...body, last]);
    await expectGentleEnd(connection);
  });

  it.each(early)('given up half-way: $method $path, $status', async (request) => {
    const connection = await openRaw(gateway.port);
    await connection.write(headOf(request, { ...fieldOf(framing), Connection: 'close' }) + body[0]);
    expect(await statusOf(connection)).toBe(request.status);
    await writeAll(connection, body.slice(10));
    await expectGentleEnd(connection);
  });

  it.each(early)('on a connection that is kept: $method $path, $status', async (request) => {
    const connection = await openRaw(gateway.port);
    await connection.write(headOf(request, fieldOf(framing)));
    expect(await statusOf(connection)).toBe(request.status);
    const before = connection.received().length;
    await writeAll(connection, [...body, last, rawRequest({ path: '/v1/models/pllan' })]);
    await waitFor('the next answer', () => connection.received().slice(before).includes('"id":"pllan"'));
    connection.destroy();
  });

  it.each([
    ['/v1/chat/completions', TOKEN],
    ['/hooks/wake', HOOK_TOKEN],
  ])('that is too large for %s', async (path, token) => {
    const connection = await openRaw(gateway.port);
    const field = framing === 'chunks' ? fieldOf(framing) : { 'Content-Length': String(5 * LIMIT) };
    await connection.write(headOf({ method: 'POST', path, status: 413, token }, field));
    const more = Array.from({ length: 2 }, () => body).flat();
    await writeAll(connection, more);
    expect(await statusOf(connection)).toBe(413);
    await writeAll(connection, more);
    await expectGentleEnd(connection);
  });
});

describe('what is sent behind the last request', () => {
  const requests = Array.from({ length: PIECES }, () => rawRequest({ path: '/v1/models' }));

  it.each([
    ['that closes the connection', rawRequest({ path: '/v1/models', headers: { Connection: 'close' } }), 200],
    ['that names no host', rawRequest({ path: '/v1/models' }).replace(/Host: .*\r\n/, ''), 400],
  ])('%s', async (_what, bytes, status) => {
    const connection = await openRaw(gateway.port);
    await connection.write(bytes);
    expect(await statusOf(connection)).toBe(status);
    await writeAll(connection, requests);
    await expectGentleEnd(connection);
    expect(connection.answers()).toHaveLength(1);
  });

  it('does nothing', async () => {
    const headers = { 'x-pllan-session-key': 'behind' };
    const history = rawRequest({ path: '/sessions/behind/history' });
    const connection = await openRaw(gateway.port);
    const hostless = rawRequest({ path: '/v1/models' }).replace(/Host: .*\r\n/, '');
    await connection.write(hostless + rawChat('hello', { headers }) + history);
    await expectGentleEnd(connection);
    expect(connection.answers()).toMatchObject([{ status: 400 }]);
    const after = await openRaw(gateway.port);
    await after.write(history);
    expect(await after.answered(1)).toMatchObject([{ status: 404 }]);
    after.destroy();
  });

  it('is not answered when its body was too large', async () => {
    const connection = await openRaw(gateway.port);
    const path = '/v1/chat/completions';
    await connection.write(rawRequest({ method: 'POST', path, body: 'x'.repeat(2 * LIMIT) }));
    expect(await statusOf(connection)).toBe(413);
    await writeAll(connection, requests);
    await expectGentleEnd(connection);
    expect(connection.answers()).toHaveLength(1);
  });
});

it.each([
  ['a head that is too long', `X: ${'x'.repeat(20_000)}\r\n`, 431],
  ['a field without a name', ': x\r\n\r\n', 400],
])('%s', async (_what, bytes, status) => {
  for (const before of ['', rawRequest({ path: '/v1/models/pllan' })]) {
    const connection = await openRaw(gateway.port);
    await connection.write(before + rawRequest({ path: '/v1/models' }).replace(/\r\n$/, bytes));
    await connection.answered(before === '' ? 1 : 2);
    expect(connection.answers().at(-1)?.status).toBe(status);
    await writeAll(
      connection,
      Array.from({ length: PIECES }, () => piece('length')),
    );
    await expectGentleEnd(connection);
  }
});
