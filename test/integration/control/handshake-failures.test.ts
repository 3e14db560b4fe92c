/** Everything that can be wrong with the first frame: what is answered, and how the socket closes (protocol.md §4.4, §6, §9). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connectControl,
  connectParams,
  openSocket,
  type ControlClient,
} from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { within } from '../../support/wait-for.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ env: { PLLAN_HANDSHAKE_TIMEOUT_MS: '1500' } });
});
afterAll(() => gateway.stop());

interface Ending {
  readonly code: number;
  readonly reason: string;
  /** Everything but the challenge. */
  readonly answers: unknown[];
}

async function ending(client: ControlClient): Promise<Ending> {
  const close = await within('close', client.closed);
  return { ...close, answers: client.frames.filter((frame) => frame.event !== 'connect.challenge') };
}

async function afterFirstFrame(frame: unknown, headers?: Record<string, string>): Promise<Ending> {
  const client = await openSocket(gateway.wsUrl, headers);
  client.send(frame);
  return ending(client);
}

const connect = (over: Record<string, unknown> = {}, headers?: Record<string, string>): Promise<Ending> =>
  afterFirstFrame({ type: 'req', id: 'c', method: 'connect', params: connectParams(over) }, headers);

const refused = (error: Record<string, unknown>, code = 1008, reason = error.message as string): Ending => ({
  code,
  reason: Buffer.from(reason).subarray(0, 120).toString(),
  answers: [{ type: 'res', id: 'c', ok: false, error: { code: 'INVALID_REQUEST', ...error } }],
});

it('starts with a challenge that has a fresh nonce, the time and no seq', async () => {
  const clients = await Promise.all([openSocket(gateway.wsUrl), openSocket(gateway.wsUrl)]);
  const challenges = await Promise.all(clients.map((client) => client.frame('challenge', () => true)));
  for (const challenge of challenges) {
    expect(challenge).toEqual({
      type: 'event',
      event: 'connect.challenge',
      payload: { nonce: expect.any(String), ts: expect.any(Number) },
    });
  }
  expect(new Set(challenges.map(({ payload }) => payload?.nonce)).size).toBe(2);
  await Promise.all(clients.map((client) => client.close()));
});

it('nothing sent in time: 1000 without a reason', async () => {
  const client = await openSocket(gateway.wsUrl);
  expect(await ending(client)).toEqual({ code: 1000, reason: '', answers: [] });
});

it('more than 64 KiB: 1009, before anything is parsed', async () => {
  expect(await afterFirstFrame('x'.repeat(65_537))).toEqual({
    code: 1009,
    reason: 'preauth payload too large',
    answers: [],
  });
});

it.each([
  ['no JSON', 'hello'],
  ['no object', '[]'],
  ['an empty object', '{}'],
  ['an unknown key', { type: 'req', id: 'c', method: 'connect', extra: 1 }],
  ['an empty id', { type: 'req', id: '', method: 'connect' }],
  ['an event', { type: 'event', event: 'connect' }],
])('%s: 1008 `invalid request frame`, unanswered', async (_name, frame) => {
  expect(await afterFirstFrame(frame)).toEqual({ code: 1008, reason: 'invalid request frame', answers: [] });
});

it('a request that is not connect', async () => {
  const message = 'invalid handshake: first request must be connect';
  expect(await afterFirstFrame({ type: 'req', id: 'c', method: 'health' })).toEqual(refused({ message }));
});

it('invalid params name the place', async () => {
  const { answers, code, reason } = await connect({
    client: { id: 'gateway-client', version: '', platform: 'linux', mode: 'backend' },
  });
  const message = 'invalid connect params: at /client/version: must not be empty';
  expect({ answers, code, reason }).toEqual(refused({ message }));
});

it('an unknown client id is invalid, and the reason is cut to 120 bytes', async () => {
  const { answers, code, reason } = await connect({
    client: { id: 'stranger', version: '1', platform: 'linux', mode: 'cli' },
  });
  expect(code).toBe(1008);
  expect(Buffer.byteLength(reason)).toBe(120);
  expect(answers).toMatchObject([
    { error: { code: 'INVALID_REQUEST', message: expect.stringContaining(reason) as string } },
  ]);
});

it('protocol 9..9: 1002', async () => {
  const details = {
    code: 'PROTOCOL_MISMATCH',
    clientMinProtocol: 9,
    clientMaxProtocol: 9,
    expectedProtocol: 4,
    minimumProbeProtocol: 3,
  };
  expect(await connect({ minProtocol: 9, maxProtocol: 9 })).toEqual(
    refused({ message: 'protocol mismatch', details }, 1002),
  );
  expect((await connect({ minProtocol: 1, maxProtocol: 2 })).code).toBe(1002);
});

it.each([
  [3, 3, 3],
  [3, 4, 4],
  [4, 4, 4],
  [4, 9, 4],
])('protocol %i..%i is spoken as %i', async (minProtocol, maxProtocol, protocol) => {
  const client = await connectControl(gateway.wsUrl, { params: { minProtocol, maxProtocol } });
  expect(client.hello.payload).toMatchObject({ type: 'hello-ok', protocol });
  await client.close();
});

it('an unknown role', async () => {
  expect(await connect({ role: 'king' })).toEqual(refused({ message: 'invalid role' }));
});

it('a node without a device', async () => {
  const details = { code: 'DEVICE_IDENTITY_REQUIRED' };
  expect(await connect({ role: 'node' })).toEqual(
    refused({ code: 'NOT_PAIRED', message: 'device identity required', details }),
  );
});

it('a Control UI without a device, in either spelling', async () => {
  const message = 'control ui requires device identity (use HTTPS or localhost secure context)';
  const details = { code: 'CONTROL_UI_DEVICE_IDENTITY_REQUIRED' };
  for (const id of ['pllan-control-ui', 'openclaw-control-ui']) {
    const client = { id, version: '1', platform: 'web', mode: 'ui' };
    expect(await connect({ client }, { origin: 'http://localhost:5173' })).toEqual(
      refused({ message, details }),
    );
  }
});

it('a page from elsewhere', async () => {
  const message =
    'origin not allowed (open the Control UI from the gateway host or allow it in gateway.controlUi.allowedOrigins)';
  const told = (reason: string) =>
    refused({ message, details: { code: 'CONTROL_UI_ORIGIN_NOT_ALLOWED', reason } });
  expect(await connect({}, { origin: 'https://evil.example' })).toEqual(told('origin not allowed'));
  const webchat = { id: 'webchat', version: '1', platform: 'web', mode: 'webchat' };
  expect(await connect({ client: webchat })).toEqual(told('origin missing or invalid'));
});

describe('credentials', () => {
  const cli = { id: 'cli', version: '1', platform: 'linux', mode: 'cli' };
  const webchat = { id: 'webchat', version: '1', platform: 'web', mode: 'webchat' };
  const page = { origin: 'http://localhost:5173' };
  const details = (code: string, authReason: string, recommendedNextStep: string) => ({
    code,
    authReason,
    canRetryWithDeviceToken: false,
    recommendedNextStep,
  });
  const mismatch = details('AUTH_TOKEN_MISMATCH', 'token_mismatch', 'update_auth_credentials');
  const missing = details('AUTH_TOKEN_MISSING', 'token_missing', 'update_auth_configuration');

  it('a wrong token', async () => {
    const message = 'unauthorized: gateway token mismatch (provide gateway auth token)';
    expect(await connect({ auth: { token: 'wrong' } })).toEqual(refused({ message, details: mismatch }));
  });

  it('a wrong token of the command line, here and from elsewhere', async () => {
    const here =
      "unauthorized: gateway token mismatch (use this gateway's gateway.auth.token or pair the device)";
    expect(await connect({ client: cli, auth: { token: 'wrong' } })).toEqual(
      refused({ message: here, details: mismatch }),
    );
    const there =
      'unauthorized: gateway token mismatch (set gateway.remote.token to match gateway.auth.token)';
    const proxied = { 'x-forwarded-for': '203.0.113.9' };
    expect(await connect({ client: cli, auth: { token: 'wrong' } }, proxied)).toEqual(
      refused({ message: there, details: mismatch }),
    );
  });

  it('no token at all', async () => {
    const message = 'unauthorized: gateway token missing (provide gateway auth token)';
    expect(await connect({ auth: undefined })).toEqual(refused({ message, details: missing }));
    const hint = 'open the dashboard URL and paste the token in Control UI settings';
    expect(await connect({ client: webchat, auth: {} }, page)).toEqual(
      refused({ message: `unauthorized: gateway token missing (${hint})`, details: missing }),
    );
  });

  it('a device token without a verified device', async () => {
    const message = 'unauthorized: device token mismatch (rotate/reissue device token)';
    const told = details('AUTH_DEVICE_TOKEN_MISMATCH', 'device_token_mismatch', 'review_auth_configuration');
    expect(await connect({ auth: { deviceToken: 'x' } })).toEqual(refused({ message, details: told }));
  });

  it('the token may come as a password, and a device is ignored for now', async () => {
    const device = { id: 'a', publicKey: 'b', signature: 'c', signedAt: 1, nonce: 'd' };
    const client = await connectControl(gateway.wsUrl, {
      params: { device, auth: { password: 'test-token-0123456789abcdef' } },
    });
    expect(client.hello.ok).toBe(true);
    await client.close();
  });

  it('never appear in the log', () => {
    const log = JSON.stringify(gateway.logLines());
    expect(log).toContain('gateway connect failed: unauthorized');
    expect(log).not.toContain('test-token-0123456789abcdef');
  });
});

it('answers before it closes, exactly once', async () => {
  const { answers } = await connect({ auth: { token: 'wrong' } });
  expect(answers).toHaveLength(1);
});

it('an unknown number of strangers: the 33rd is 503', async () => {
  const strangers = await Promise.all(Array.from({ length: 32 }, () => openSocket(gateway.wsUrl)));
  await expect(openSocket(gateway.wsUrl)).rejects.toThrow('503');
  await Promise.all(strangers.map((client) => client.close()));
});
