/** Requests that cannot be read are answered as all others are: with every header, in their turn, once (http.md §1, §4). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { contentOf, openRaw, rawChat, type RawAnswer } from '../../support/raw-connection.js';
import { waitFor, within } from '../../support/wait-for.js';

let gateway: TestGateway;
beforeAll(async () => void (gateway = await startGateway()));
afterAll(() => gateway.stop());

const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), microphone=(self), geolocation=()',
};

const head = (method: string, path: string, ...fields: readonly string[]): string =>
  [`${method} ${path} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${TOKEN}`, ...fields, '', ''].join('\r\n');

/** Everything that comes until the gateway ends the connection. */
async function answersTo(bytes: string): Promise<RawAnswer[]> {
  const connection = await openRaw(gateway.port);
  await connection.write(bytes);
  await connection.answered(1);
  connection.halfClose();
  await within('end of the connection', connection.ended);
  const answers = connection.answers();
  for (const { headers } of answers) expect(headers).toMatchObject(securityHeaders);
  return answers;
}

const text = (status: number, body: string) => ({ status, body, headers: { connection: 'close' } });

describe.each(['/v1/models', '/healthz'])('for %s', (path) => {
  it.each([
    ['a field without a name', head('GET', path, ': x'), text(400, 'Bad Request')],
    ['a length that is none', head('POST', path, 'Content-Length: x'), text(400, 'Bad Request')],
    [
      'two lengths',
      head('POST', path, 'Content-Length: 1', 'Transfer-Encoding: chunked'),
      text(400, 'Bad Request'),
    ],
    ['no Host', head('GET', path).replace('Host: x\r\n', ''), text(400, 'Bad Request')],
    ['a demand for a tunnel', head('CONNECT', path), text(405, 'Method Not Allowed')],
  ])('%s', async (_what, bytes, expected) => {
    expect(await answersTo(bytes)).toMatchObject([expected]);
  });

  it('HTTP/1.0 needs no Host', async () => {
    const bytes = head('GET', path).replace('Host: x\r\n', '').replace('HTTP/1.1', 'HTTP/1.0');
    expect(await answersTo(bytes)).toMatchObject([{ status: 200 }]);
  });

  it('what else it expects than to go on does not matter', async () => {
    const bytes = head('GET', path, 'Expect: the-unexpected', 'Connection: close');
    expect(await answersTo(bytes)).toMatchObject([{ status: 200 }]);
  });
});

it('on a connection that is kept, a head that is too long is 431', async () => {
  const long = head('GET', '/v1/models', `X: ${'x'.repeat(20_000)}`);
  const answers = await answersTo(head('GET', '/v1/models') + long);
  expect(answers).toMatchObject([{ status: 200 }, text(431, 'Request Header Fields Too Large')]);
});

it('what comes before is answered first', async () => {
  const [first, second, ...more] = await answersTo(`${rawChat('/wait 300')}nonsense\r\n\r\n`);
  expect(first && contentOf(first)).toBe('done /wait 300');
  expect(second).toMatchObject(text(400, 'Bad Request'));
  expect(more).toEqual([]);
});

it.each([
  ['POST', ['Sec-WebSocket-Version: 13'], 405, 'Invalid HTTP method'],
  ['GET', ['Sec-WebSocket-Version: 13'], 400, 'Missing or invalid Sec-WebSocket-Key header'],
  ['GET', ['Sec-WebSocket-Key: x'], 400, 'Missing or invalid Sec-WebSocket-Key header'],
  [
    'GET',
    ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 7'],
    400,
    'Missing or invalid Sec-WebSocket-Version header',
  ],
] as const)('a WebSocket that is asked for wrongly: %s with %j', async (method, fields, status, body) => {
  const bytes = head(method, '/', 'Connection: Upgrade', 'Upgrade: websocket', ...fields);
  expect(await answersTo(bytes)).toMatchObject([text(status, body)]);
});

describe('a client that waits to be told to go on, behind a request that is not answered yet', () => {
  const before = rawChat('/wait 300');

  it('gets an answer that is whole', async () => {
    const answers = await answersTo(before + head('GET', '/healthz', 'Expect: 100-continue'));
    expect(answers).toMatchObject([{ status: 200 }, { status: 200, body: '{"ok":true,"status":"live"}' }]);
  });

  it('is told so in its turn', async () => {
    const connection = await openRaw(gateway.port);
    const [first, body = ''] = rawChat('second', { headers: { Expect: '100-continue' } }).split('\r\n\r\n');
    await connection.write(`${before}${first}\r\n\r\n`);
    await waitFor('the word', () => connection.received().includes('HTTP/1.1 100 Continue'));
    expect(connection.answers()).toHaveLength(1);
    await connection.write(body);
    const [, second] = await connection.answered(2);
    expect(second && contentOf(second)).toBe('second');
    connection.destroy();
  });
});

describe('a body that cannot be read', () => {
  const broken = (path: string): string => `${head('POST', path, 'Transfer-Encoding: chunked')}zz\r\n`;

  it.each(['/v1/chat/completions', '/v1/responses', '/tools/invoke'])('is 400 at %s', async (path) => {
    const answers = await answersTo(broken(path));
    const error = { message: 'The request body cannot be read', type: 'invalid_request_error' };
    expect(answers).toMatchObject([{ status: 400, headers: { connection: 'close' } }]);
    expect(JSON.parse(answers[0]?.body ?? '')).toEqual({ error });
  });

  it('is 400 also where it is known before it is asked for', async () => {
    const page = ['Origin: http://127.0.0.1', 'Content-Length: 2'] as const;
    // About a client that has failed the primary is asked first.
    const wrong = head('POST', '/v1/responses', ...page).replace(TOKEN, 'wrong');
    expect(await answersTo(`${wrong}{}`)).toMatchObject([{ status: 401 }]);
    const [origin] = page;
    const bytes = head('POST', '/v1/responses', origin, 'Transfer-Encoding: identity');
    expect(await answersTo(bytes)).toMatchObject([{ status: 400 }]);
  });

  it.each([
    ['/nothing', 404],
    ['/v1/models', 405],
    ['/sessions/none/kill', 404],
  ])('and that %s does not want changes nothing about its answer', async (path, status) => {
    expect(await answersTo(broken(path))).toMatchObject([{ status }]);
  });
});
