/** The path of chat accounts on the gateway's port: who is let through to an account, and what the others are told. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { digestCredential } from '../../../src/shared/auth/credential.js';
import {
  channelRequestLimits,
  type AskedChannelRequest,
  type ChannelResponse,
} from '../../../src/shared/channels/requests.js';
import { sign, signingKey } from '../../../src/shared/channels/standard-webhooks.js';
import { createDeadlines } from '../../../src/shared/deadlines.js';
import { Exchange } from '../../../src/workers/http/exchange.js';
import { channels } from '../../../src/workers/http/routes/channels.js';
import type { RouteServices } from '../../../src/workers/http/routes/route.js';
import { requestOnce, type OnceAnswer } from '../../support/request-once.js';

const keys = [signingKey('a secret') ?? ''];
const channelProofs = {
  webhook: { home: { kind: 'signed', keys } },
  telegram: { bot: { kind: 'header', header: 'x-token', credential: digestCredential('shown') } },
} as const;

let asked: AskedChannelRequest[];
let given: ChannelResponse | 'unavailable' | Error;
let lockedMs: number;
let tried: boolean[];
beforeEach(() => {
  asked = [];
  given = { status: 200, body: '{"ok":true}' };
  lockedMs = 0;
  tried = [];
});

const services = {
  snapshot: { channelProofs },
  channelClients: () => ({
    lockedMs,
    tried: (right: boolean) => {
      tried.push(right);
      return Promise.resolve(0);
    },
  }),
  primary: {
    ask(_name: string, question: AskedChannelRequest) {
      asked.push(question);
      return given instanceof Error ? Promise.reject(given) : Promise.resolve(given);
    },
  },
  metrics: { authFailure() {}, webhook() {} },
  log: { warn() {} },
  deadlines: createDeadlines(1_000),
} as unknown as RouteServices;

const place = { isLast: () => false, withoutSecrets: (text: string) => text };
let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    channels.handle(new Exchange(request, response, { usual: [], last: [] }, place), services);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const json = { 'content-type': 'application/json' };
const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const signed = (body: string, seconds = nowSeconds()): Record<string, string> => ({
  ...json,
  ...sign(body, { id: 'msg_1', seconds }, keys),
});
const post = (
  headers: Record<string, string>,
  body = '{}',
  path = '/channels/webhook/home',
): Promise<OnceAnswer> => requestOnce(url + path, { method: 'POST', headers, body });

describe('a request to a chat account', () => {
  it('reaches it with its body and the headers that mean something', async () => {
    const headers = signed('{"a":1}');
    const answer = await post({ ...headers, authorization: 'Bearer x' }, '{"a":1}');
    expect([answer.status, answer.body]).toEqual([200, '{"ok":true}']);
    const { 'content-type': _type, ...proofs } = headers;
    expect(asked).toEqual([
      { channel: 'webhook', accountId: 'home', request: { headers: proofs, body: '{"a":1}' } },
    ]);
    expect(tried).toEqual([true]);
  });

  it('is let through by a secret in a header', async () => {
    const path = '/channels/telegram/bot';
    expect((await post({ ...json, 'x-token': 'shown' }, '{}', path)).status).toBe(200);
    expect((await post({ ...json, 'x-token': 'wrong' }, '{}', path)).status).toBe(401);
    expect(asked.map(({ request }) => request.headers)).toEqual([{}]);
  });

  it.each([
    '/channels/webhook/none',
    '/channels/irc/home',
    '/channels/webhook/%E0',
    '/channels/toString/name',
  ])('that there is not is 404: %s', async (path) => {
    expect((await post(signed('{}'), '{}', path)).status).toBe(404);
  });

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('that is no POST is 405: %s', async (method) => {
    const { status, headers } = await requestOnce(`${url}/channels/webhook/home`, { method });
    expect([status, headers.allow]).toEqual([405, 'POST']);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', ''])(
    'that is no JSON is 415: %s',
    async (type) => {
      expect((await post({ ...signed('{}'), 'content-type': type })).status).toBe(415);
    },
  );

  it.each([
    ['another body', signed('{"b":2}')],
    ['no signature', json],
    ['an old signature', signed('{}', nowSeconds() - 400)],
    ['a signature of the future', signed('{}', nowSeconds() + 400)],
  ])('with %s is 401, says nothing more and is counted', async (_what, headers) => {
    const { status, body } = await post(headers);
    expect([status, body]).toEqual([401, 'Unauthorized']);
    expect(asked).toEqual([]);
    expect(tried).toEqual([false]);
  });

  it('of a client that is locked out is 429, whatever it shows', async () => {
    lockedMs = 1_500;
    const { status, headers } = await post(signed('{}'));
    expect([status, headers['retry-after']]).toEqual([429, '2']);
  });

  it('with a body over the limit is 413', async () => {
    const most = `"${'a'.repeat(channelRequestLimits.bodyBytes - 2)}"`;
    expect((await post(signed(most), most)).status).toBe(200);
    expect((await post(signed(`${most} `), `${most} `)).status).toBe(413);
  });

  it.each([
    ['cannot be taken now', 'unavailable' as const],
    ['gets no answer', new Error('no answer within 10000 ms')],
  ])('that %s is 503, to be sent again', async (_what, outcome) => {
    given = outcome;
    const { status, headers } = await post(signed('{}'));
    expect([status, headers['retry-after']]).toEqual([503, '5']);
  });

  it('is answered as the account says', async () => {
    given = { status: 409, body: '{"ok":false}' };
    const { status, body } = await post(signed('{}'));
    expect([status, body]).toEqual([409, '{"ok":false}']);
  });
});
