/** Credentials of a `connect`: what passes, and the exact words of what does not (protocol.md §9.1, §9.4). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, connectParams } from '../../support/control-client.js';
import { refused, type Refused } from '../../support/first-frame.js';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';

const PASSWORD = 'correct horse battery staple';
/** Nobody is locked out or held back. */
const patient = { exemptLoopback: false, maxAttempts: 1_000 };

const clients = {
  cli: { id: 'cli', version: '1.0.0', platform: 'linux', mode: 'cli' },
  webchat: { id: 'webchat-ui', version: '1.0.0', platform: 'web', mode: 'webchat' },
  tui: { id: 'pllan-tui', version: '1.0.0', platform: 'linux', mode: 'ui' },
} as const;
type ClientName = keyof typeof clients;

const origin = { origin: 'http://localhost:5173' };
const proxied = { 'x-forwarded-for': '203.0.113.9' };

interface Attempt {
  readonly client: ClientName;
  readonly auth?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

function attempt(gateway: TestGateway, { client, auth, headers = {} }: Attempt): Promise<Refused> {
  const params = connectParams({ client: clients[client], auth });
  return refused(gateway.wsUrl, { type: 'req', id: 'first', method: 'connect', params }, headers);
}

function unauthorized(message: string, code: string, authReason: string, next: string): Refused {
  const details = { code, authReason, canRetryWithDeviceToken: false, recommendedNextStep: next };
  const frames = [
    { type: 'res', id: 'first', ok: false, error: { code: 'INVALID_REQUEST', message, details } },
  ];
  return { frames, close: { code: 1008, reason: message.slice(0, 120) } };
}

async function method(gateway: TestGateway, auth: unknown): Promise<unknown> {
  const client = await connectControl(gateway.wsUrl, { params: { auth } });
  await client.close();
  return (client.hello.payload?.auth as { method?: unknown } | undefined)?.method;
}

describe('in mode token', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const auth = { mode: 'token', token: TOKEN, rateLimit: patient };
    gateway = await startGateway({ config: { gateway: { auth } } });
  });
  afterAll(() => gateway.stop());

  const ui = 'open the dashboard URL and paste the token in Control UI settings';

  it.each<[ClientName, string, Attempt['headers']]>([
    ['cli', "use this gateway's gateway.auth.token or pair the device", {}],
    ['cli', 'set gateway.remote.token to match gateway.auth.token', proxied],
    ['webchat', ui, origin],
    ['tui', 'provide gateway auth token', {}],
  ])(
    'AUTH_TOKEN_MISSING, AUTH_TOKEN_MISMATCH: %s is told what to do: %s',
    async (client, hint, headers = {}) => {
      expect(await attempt(gateway, { client, headers })).toEqual(
        unauthorized(
          `unauthorized: gateway token missing (${hint})`,
          'AUTH_TOKEN_MISSING',
          'token_missing',
          'update_auth_configuration',
        ),
      );
      expect(await attempt(gateway, { client, headers, auth: { token: 'wrong' } })).toEqual(
        unauthorized(
          `unauthorized: gateway token mismatch (${hint})`,
          'AUTH_TOKEN_MISMATCH',
          'token_mismatch',
          'update_auth_credentials',
        ),
      );
    },
  );

  it('an empty token counts as none', async () => {
    const { frames } = await attempt(gateway, { client: 'tui', auth: { token: '' } });
    expect(frames[0]?.error?.details?.code).toBe('AUTH_TOKEN_MISSING');
  });

  it('a token is not trimmed and has no prefix that is enough', async () => {
    for (const token of [`${TOKEN} `, TOKEN.slice(0, -1), `${TOKEN}x`, TOKEN.toUpperCase()]) {
      const { frames } = await attempt(gateway, { client: 'cli', auth: { token } });
      expect(frames[0]?.error?.details?.code).toBe('AUTH_TOKEN_MISMATCH');
    }
  });

  it('the token may also come as the password; a token that is there counts first', async () => {
    expect(await method(gateway, { token: TOKEN })).toBe('token');
    expect(await method(gateway, { password: TOKEN })).toBe('token');
    expect(await method(gateway, { token: TOKEN, password: 'x' })).toBe('token');
    const { frames } = await attempt(gateway, { client: 'cli', auth: { token: 'x', password: TOKEN } });
    expect(frames[0]?.error?.details?.code).toBe('AUTH_TOKEN_MISMATCH');
  });

  it('AUTH_DEVICE_TOKEN_MISMATCH, AUTH_BOOTSTRAP_TOKEN_INVALID: alone, such a token is refused as such: there is no device', async () => {
    expect(await attempt(gateway, { client: 'cli', auth: { deviceToken: 'd' } })).toEqual(
      unauthorized(
        'unauthorized: device token mismatch (rotate/reissue device token)',
        'AUTH_DEVICE_TOKEN_MISMATCH',
        'device_token_mismatch',
        'review_auth_configuration',
      ),
    );
    const { frames } = await attempt(gateway, { client: 'cli', auth: { bootstrapToken: 'b' } });
    expect(frames[0]?.error).toMatchObject({
      message: expect.stringMatching(/^unauthorized: bootstrap token invalid or expired \(.+\)$/),
      details: {
        code: 'AUTH_BOOTSTRAP_TOKEN_INVALID',
        authReason: 'bootstrap_token_invalid',
        recommendedNextStep: 'review_auth_configuration',
      },
    });
  });

  it.each([
    undefined,
    {},
    { token: '' },
    { password: '' },
    { deviceToken: '' },
    { bootstrapToken: '' },
    { approvalRuntimeToken: 'x' },
    { agentRuntimeIdentityToken: 'x' },
  ])(
    'AUTH_REQUIRED is told to nobody: a refusal has a reason, also without a credential: %j',
    async (auth) => {
      const params = connectParams({ client: clients.tui, auth });
      const { frames } = await refused(gateway.wsUrl, {
        type: 'req',
        id: 'first',
        method: 'connect',
        params,
      });
      expect(frames[0]?.error?.details).toMatchObject({
        code: 'AUTH_TOKEN_MISSING',
        authReason: 'token_missing',
      });
    },
  );

  it.each<[string, Record<string, string>, string]>([
    ['a wrong token beside a bootstrap token', { token: 'x', bootstrapToken: 'b' }, 'token_mismatch'],
    [
      'a device token beside a bootstrap token',
      { deviceToken: 'd', bootstrapToken: 'b' },
      'device_token_mismatch',
    ],
    ['a wrong token beside a device token', { token: 'x', deviceToken: 'd' }, 'device_token_mismatch'],
  ])('%s is what is told of', async (_what, auth, reason) => {
    const { frames } = await attempt(gateway, { client: 'cli', auth });
    expect(frames[0]?.error?.details?.authReason).toBe(reason);
  });

  it('the right token beside a device token is enough', async () => {
    expect(await method(gateway, { token: TOKEN, deviceToken: 'old' })).toBe('token');
  });
});

describe('in mode password', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const auth = { mode: 'password', password: PASSWORD, rateLimit: patient };
    gateway = await startGateway({ config: { gateway: { auth } } });
  });
  afterAll(() => gateway.stop());

  it.each<[ClientName, string, Attempt['headers']]>([
    ['cli', 'set gateway.remote.password to match gateway.auth.password', {}],
    ['cli', 'set gateway.remote.password to match gateway.auth.password', proxied],
    ['webchat', 'enter the password in Control UI settings', origin],
    ['tui', 'provide gateway auth password', {}],
  ])(
    'AUTH_PASSWORD_MISSING, AUTH_PASSWORD_MISMATCH: %s is told what to do: %s',
    async (client, hint, headers = {}) => {
      expect(await attempt(gateway, { client, headers })).toEqual(
        unauthorized(
          `unauthorized: gateway password missing (${hint})`,
          'AUTH_PASSWORD_MISSING',
          'password_missing',
          'update_auth_configuration',
        ),
      );
      expect(await attempt(gateway, { client, headers, auth: { password: 'wrong' } })).toEqual(
        unauthorized(
          `unauthorized: gateway password mismatch (${hint})`,
          'AUTH_PASSWORD_MISMATCH',
          'password_mismatch',
          'update_auth_credentials',
        ),
      );
    },
  );

  it('the password may also come as the token; a password that is there counts first', async () => {
    expect(await method(gateway, { password: PASSWORD })).toBe('password');
    expect(await method(gateway, { token: PASSWORD })).toBe('password');
    const { frames } = await attempt(gateway, { client: 'cli', auth: { token: PASSWORD, password: 'x' } });
    expect(frames[0]?.error?.details?.code).toBe('AUTH_PASSWORD_MISMATCH');
  });
});
