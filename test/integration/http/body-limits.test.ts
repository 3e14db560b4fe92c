/** Bodies that are too large: a true answer that the client gets to read, and a gateway that goes on (http.md §4). */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, errorOf, greeting, postChat } from '../../support/chat.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { openRaw, rawChat, rawRequest } from '../../support/raw-connection.js';
import { requestOnce } from '../../support/request-once.js';
import { within } from '../../support/wait-for.js';

const MIB = 1024 * 1024;
const LIMIT = 2_000;

let gateway: TestGateway;
let strict: TestGateway;

beforeAll(async () => {
  const chatCompletions = { maxBodyBytes: LIMIT };
  [gateway, strict] = await Promise.all([
    startGateway(),
    startGateway({ config: { gateway: { http: { endpoints: { chatCompletions } } } } }),
  ]);
});
afterAll(async () => {
  for (const one of [gateway, strict]) expect((await postChat(one, greeting)).status).toBe(200);
  await Promise.all([gateway.stop(), strict.stop()]);
});

/** Uploads 30 MiB as fast as the socket takes them, on a connection that is to close afterwards. */
async function upload(
  headers: Readonly<Record<string, string>>,
): Promise<{ head: IncomingMessage; body: string }> {
  const request = httpRequest(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers,
    agent: false,
  });
  const answered = new Promise<{ head: IncomingMessage; body: string }>((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (head) => {
      let body = '';
      head.setEncoding('utf8').on('data', (part: string) => (body += part));
      head.once('error', reject).once('end', () => resolve({ head, body }));
    });
  });
  const piece = Buffer.alloc(MIB, 'a');
  Readable.from(Array.from({ length: 30 }, () => piece)).pipe(request);
  return within('answer', answered);
}

describe('30 MiB', () => {
  const told = { error: { message: 'Payload too large', type: 'invalid_request_error' } };

  it.each([
    ['announced', { ...bearer, 'content-length': String(30 * MIB) }],
    ['not announced', { ...bearer, 'transfer-encoding': 'chunked' }],
  ])('%s are 413, and the client reads it', async (_how, headers) => {
    const { head, body } = await upload(headers);
    expect(head.statusCode).toBe(413);
    expect(head.headers.connection).toBe('close');
    expect(head.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(body)).toEqual(told);
  });

  it('without the credential are 401 whatever their size, and the client reads that too', async () => {
    const { head, body } = await upload({ 'content-length': String(30 * MIB) });
    expect(head.statusCode).toBe(401);
    expect(JSON.parse(body)).toEqual({ error: { message: 'Unauthorized', type: 'unauthorized' } });
  });

  it('announced by a client that waits for 100 Continue are 413 at once', async () => {
    const connection = await openRaw(gateway.port);
    const headers = { 'Content-Length': String(30 * MIB), Expect: '100-continue' };
    await connection.write(rawRequest({ method: 'POST', path: '/v1/chat/completions', headers }));
    const [answer] = await connection.answered(1);
    expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
    expect(JSON.parse(answer?.body ?? '')).toEqual(told);
    connection.destroy();
  });
});

describe('the limit', () => {
  const sized = (bytes: number): string => JSON.stringify(greeting).padEnd(bytes, ' ');

  it('is what the configuration says, the byte after it is 413', async () => {
    expect((await postChat(strict, sized(LIMIT))).status).toBe(200);
    expect(await errorOf(await postChat(strict, sized(LIMIT + 1)))).toEqual({
      status: 413,
      type: 'invalid_request_error',
      message: 'Payload too large',
    });
  });

  it('counts a chunked body as it comes', async () => {
    for (const [bytes, status] of [
      [LIMIT, 200],
      [LIMIT + 1, 413],
    ] as const) {
      const connection = await openRaw(strict.port);
      const body = sized(bytes);
      const half = Math.ceil(bytes / 2);
      await connection.write(
        rawRequest({
          method: 'POST',
          path: '/v1/chat/completions',
          headers: { 'Transfer-Encoding': 'chunked' },
        }),
      );
      for (const part of [body.slice(0, half), body.slice(half)])
        await connection.write(`${part.length.toString(16)}\r\n${part}\r\n`);
      await connection.write('0\r\n\r\n');
      const [answer] = await connection.answered(1);
      expect(answer?.status).toBe(status);
      connection.destroy();
    }
  });

  it('closes the connection when it was passed, and only then', async () => {
    const connection = await openRaw(strict.port);
    await connection.write(rawChat('short'));
    await connection.write(rawChat('x'.repeat(LIMIT)));
    const answers = await connection.answered(2);
    expect(answers.map(({ status }) => status)).toEqual([200, 413]);
    await within('end of the connection', connection.ended);
    connection.destroy();
  });
});

it('a body of several pieces is put together, also inside a character', async () => {
  const connection = await openRaw(gateway.port);
  const bytes = Buffer.from(rawChat('漢字 und 🎈'));
  for (let at = 0; at < bytes.length; at += 7) await connection.write(bytes.subarray(at, at + 7));
  const [answer] = await connection.answered(1);
  expect(answer?.body).toContain('漢字 und 🎈');
  connection.destroy();
});

it('a compressed body is not unpacked: it is no JSON', async () => {
  const { status, body } = await requestOnce(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...bearer, 'content-encoding': 'gzip' },
    body: gzipSync(JSON.stringify(greeting)).toString('latin1'),
  });
  expect(status).toBe(400);
  expect(JSON.parse(body)).toMatchObject({
    error: { message: expect.stringMatching(/^Invalid JSON/), type: 'invalid_request_error' },
  });
});
