/** Auth mode trusted-proxy, over WebSocket and HTTP (protocol.md §9.1, §9.4, §9.6; http.md §3, §14). */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, connectParams, openSocket } from '../../support/control-client.js';
import { authOf, connectDevice, createDevice, detailsOf } from '../../support/device.js';
import { refused } from '../../support/first-frame.js';
import { chatRequest, startGateway, type TestGateway } from '../../support/gateway.js';
import { requestOnce, type OnceAnswer } from '../../support/request-once.js';
import { waitFor, within } from '../../support/wait-for.js';

type Headers = Readonly<Record<string, string>>;

const PASSWORD = 'for the owner of the machine';
const proxied: Headers = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' };
const ann: Headers = { ...proxied, 'x-auth-user': 'ann@example.com' };
const page = { origin: 'https://ui.example.com' };

const controlUi = { id: 'pllan-control-ui', version: '1', platform: 'web', mode: 'ui' };
const tui = { id: 'pllan-tui', version: '1', platform: 'linux', mode: 'ui' };
const cli = { id: 'cli', version: '1', platform: 'linux', mode: 'cli' };
const scopes = ['operator.read', 'operator.write'];

const auth = {
  mode: 'trusted-proxy',
  password: PASSWORD,
  trustedProxy: {
    userHeader: 'X-Auth-User',
    requiredHeaders: ['X-Forwarded-Proto'],
    allowUsers: ['ann@example.com'],
    allowLoopback: true,
  },
};
const rest = { trustedProxies: ['127.0.0.1'], controlUi: { allowedOrigins: [page.origin] } };

let gateway: TestGateway;
/** Does not believe proxies on its own machine. */
let strict: TestGateway;
beforeAll(async () => {
  const noLoopback = { ...auth, trustedProxy: { ...auth.trustedProxy, allowLoopback: false } };
  [gateway, strict] = await Promise.all([
    startGateway({ config: { gateway: { auth, ...rest } } }),
    startGateway({ config: { gateway: { auth: noLoopback, ...rest } } }),
  ]);
});
afterAll(() => Promise.all([gateway.stop(), strict.stop()]));

async function granted(client: object, headers: Headers, over: object = {}): Promise<unknown> {
  const connected = await connectControl(gateway.wsUrl, {
    params: { client, scopes, auth: undefined, ...over },
    headers,
  });
  await connected.close();
  return connected.hello.payload?.auth ?? connected.hello.error;
}

const byProxy = (kept: readonly string[]): object => ({
  method: 'trusted-proxy',
  role: 'operator',
  scopes: kept,
});

describe('a user whom the proxy names', () => {
  it('uses a Control UI without a device, with the scopes it asks for', async () => {
    expect(await granted(controlUi, { ...ann, ...page })).toEqual(byProxy(scopes));
  });

  it.each<[string, Headers, readonly string[]]>([
    ['x-pllan-scopes', { 'x-pllan-scopes': 'operator.read' }, ['operator.read']],
    ['its historic name', { 'x-openclaw-scopes': ' operator.read , x' }, ['operator.read']],
    ['x-pllan-scopes that imply what was asked for', { 'x-pllan-scopes': 'operator.write' }, scopes],
    ['empty x-pllan-scopes', { 'x-pllan-scopes': '' }, []],
  ])('gets no more there than %s grants', async (_what, headers, kept) => {
    expect(await granted(controlUi, { ...ann, ...page, ...headers })).toEqual(byProxy(kept));
  });

  it('needs no approval for the device of a Control UI', async () => {
    const params = { client: controlUi, scopes };
    const connected = await connectDevice(gateway.wsUrl, createDevice(), params, {
      headers: { ...ann, ...page, 'x-pllan-scopes': 'operator.read' },
    });
    expect(authOf(connected)).toEqual(byProxy(['operator.read']));
    await connected.close();
  });

  it('has no scopes with another client that has no device', async () => {
    expect(await granted(tui, ann)).toEqual(byProxy([]));
  });

  it('waits for approval with the device of another client, under its own address', async () => {
    const device = createDevice();
    const asked = await connectDevice(gateway.wsUrl, device, { client: tui, scopes }, { headers: ann });
    expect(asked.answer.error).toMatchObject({ code: 'NOT_PAIRED', details: { reason: 'not-paired' } });
    const { requestId } = detailsOf(asked) as { requestId: string };
    const owner = await connectControl(gateway.wsUrl, {
      params: { client: controlUi, auth: undefined },
      headers: { ...ann, ...page },
    });
    const { payload } = await owner.call('device.pair.list');
    expect(payload?.pending).toMatchObject([{ deviceId: device.id, remoteIp: '203.0.113.9' }]);
    expect(await owner.call('device.pair.approve', { requestId })).toMatchObject({ ok: true });
    const entered = await connectDevice(gateway.wsUrl, device, { client: tui, scopes }, { headers: ann });
    const deviceToken = authOf(entered).deviceToken as string;
    expect(authOf(entered)).toMatchObject({
      ...byProxy(scopes),
      deviceToken: expect.any(String),
    });
    const past = await connectDevice(gateway.wsUrl, device, {
      client: tui,
      scopes,
      auth: { deviceToken },
    });
    expect(authOf(past)).toMatchObject({ method: 'device-token', scopes });
    await Promise.all([owner.close(), entered.close(), past.close()]);
  });

  it('manages no devices but as an admin', async () => {
    const asked = await connectDevice(
      gateway.wsUrl,
      createDevice(),
      { client: tui, scopes },
      { headers: ann },
    );
    const { requestId } = detailsOf(asked);
    const user = await connectControl(gateway.wsUrl, {
      params: { client: controlUi, scopes: ['operator.pairing'], auth: undefined },
      headers: { ...ann, ...page, 'x-pllan-scopes': 'operator.pairing' },
    });
    expect((await user.call('device.pair.list')).payload).toEqual({ pending: [], paired: [] });
    expect(await user.call('device.pair.reject', { requestId })).toMatchObject({ ok: false });
    await user.close();
  });
});

describe('whoever the proxy does not vouch for is refused', () => {
  const refusalFor = (code: string, authReason: string): object => ({
    frames: [
      {
        type: 'res',
        id: 'first',
        ok: false,
        error: {
          code: 'INVALID_REQUEST',
          message: 'unauthorized',
          details: {
            code,
            authReason,
            canRetryWithDeviceToken: false,
            recommendedNextStep: 'review_auth_configuration',
          },
        },
      },
    ],
    close: { code: 1008, reason: 'unauthorized' },
  });
  const attempt = (on: TestGateway, headers: Headers, over: object = {}): Promise<object> => {
    const params = connectParams({ client: tui, auth: undefined, ...over });
    return refused(on.wsUrl, { type: 'req', id: 'first', method: 'connect', params }, headers);
  };
  const { 'x-forwarded-proto': _proto, ...withoutProto } = ann;

  it.each<[string, Headers]>([
    ['AUTH_IDENTITY_HEADER_REQUIRED trusted_proxy_missing_header_X-Forwarded-Proto', withoutProto],
    ['AUTH_UNAUTHORIZED trusted_proxy_user_missing', proxied],
    ['AUTH_UNAUTHORIZED trusted_proxy_user_not_allowed', { ...ann, 'x-auth-user': 'eve@example.com' }],
  ])('%s', async (expected, headers) => {
    const [code = '', reason = ''] = expected.split(' ');
    expect(await attempt(gateway, headers)).toEqual(refusalFor(code, reason));
    const logged = await waitFor('log line', () =>
      gateway.logLines().find(({ message }) => String(message).endsWith(`unauthorized: ${reason}`)),
    );
    expect(logged).toMatchObject({ event: 'ws.refused', remote: '203.0.113.9', client: tui.id });
  });

  it('AUTH_UNAUTHORIZED trusted_proxy_loopback_source', async () => {
    expect(await attempt(strict, ann)).toEqual(
      refusalFor('AUTH_UNAUTHORIZED', 'trusted_proxy_loopback_source'),
    );
  });

  it('AUTH_UNAUTHORIZED trusted_proxy_untrusted_source', async () => {
    const elsewhere = connect({ host: '127.0.0.1', port: gateway.port, localAddress: '127.0.0.2' });
    const client = await openSocket(gateway.wsUrl, { ...ann }, elsewhere);
    client.send({
      type: 'req',
      id: 'first',
      method: 'connect',
      params: connectParams({ client: tui, auth: undefined }),
    });
    const close = await within('close', client.closed);
    expect({ frames: client.frames.slice(1), close }).toEqual(
      refusalFor('AUTH_UNAUTHORIZED', 'trusted_proxy_untrusted_source'),
    );
  });

  it('a Control UI without a device is told so, and the log why', async () => {
    expect(await attempt(gateway, { ...proxied, ...page }, { client: controlUi })).toMatchObject({
      frames: [{ error: { details: { code: 'CONTROL_UI_DEVICE_IDENTITY_REQUIRED' } } }],
    });
    await waitFor('log line', () =>
      gateway
        .logLines()
        .some(({ message }) => /device identity .*; trusted_proxy_user_missing$/.test(String(message))),
    );
  });

  it('with the password, as it comes through the proxy', async () => {
    expect(await attempt(gateway, proxied, { auth: { password: PASSWORD } })).toEqual(
      refusalFor('AUTH_UNAUTHORIZED', 'trusted_proxy_user_missing'),
    );
  });
});

describe('on the machine itself, past the proxy', () => {
  it('the password lets a command line in, another one does not', async () => {
    expect(await granted(cli, {}, { auth: { password: PASSWORD } })).toEqual({
      method: 'password',
      role: 'operator',
      scopes,
    });
    expect(await granted(cli, {}, { auth: { password: 'wrong' } })).toMatchObject({
      details: { code: 'AUTH_PASSWORD_MISMATCH' },
    });
    expect(await granted(cli, {})).toMatchObject({
      message: 'unauthorized',
      details: { code: 'AUTH_IDENTITY_HEADER_REQUIRED' },
    });
  });
});

describe('over HTTP', () => {
  const models = (on: TestGateway, headers: Headers): Promise<OnceAnswer> =>
    requestOnce(`${on.url}/v1/models`, { headers });

  it('routes and metrics are served to a user whom the proxy names', async () => {
    expect((await models(gateway, ann)).status).toBe(200);
    expect((await requestOnce(`${gateway.url}/metrics`, { headers: ann })).status).toBe(200);
    const { body, ...init } = chatRequest({ content: 'hello' });
    const answer = await requestOnce(`${gateway.url}/v1/chat/completions`, {
      ...init,
      body: body ?? null,
      headers: { 'content-type': 'application/json', ...ann },
    });
    expect(answer.status).toBe(200);
  });

  it('everybody else gets 401, also with the password where it comes through the proxy', async () => {
    const bearer = { authorization: `Bearer ${PASSWORD}` };
    const answers = await Promise.all([
      models(gateway, proxied),
      models(gateway, { ...proxied, ...bearer }),
      models(gateway, { ...ann, 'x-auth-user': 'eve' }),
      models(gateway, { 'x-forwarded-for': '203.0.113.9', 'x-auth-user': 'ann@example.com' }),
      models(strict, ann),
      models(gateway, { authorization: 'Bearer wrong' }),
      requestOnce(`${gateway.url}/metrics`, { headers: proxied }),
    ]);
    for (const { status, body } of answers) {
      expect(status).toBe(401);
      expect(JSON.parse(body)).toEqual({ error: { message: 'Unauthorized', type: 'unauthorized' } });
    }
    expect((await models(gateway, bearer)).status).toBe(200);
  });

  it('a page that its user happens to look at is refused, one that is allowed is served', async () => {
    for (const origin of ['https://evil.example', 'http://localhost:5173', 'null']) {
      const { status, body } = await models(gateway, { ...ann, origin });
      expect(status).toBe(403);
      expect(JSON.parse(body)).toMatchObject({ error: { type: 'forbidden' } });
    }
    expect((await models(gateway, { ...ann, ...page })).status).toBe(200);
  });

  it('x-pllan-scopes says what a request may do', async () => {
    const complete = (headers: Headers): Promise<OnceAnswer> =>
      requestOnce(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { ...ann, ...headers },
        body: '{',
      });
    const read = { 'x-pllan-scopes': 'operator.read' };
    expect((await models(gateway, { ...ann, ...read })).status).toBe(200);
    const { status, body } = await complete(read);
    expect(status).toBe(403);
    expect(JSON.parse(body)).toEqual({
      ok: false,
      error: {
        type: 'forbidden',
        message: 'missing scope: operator.write',
        details: {
          code: 'MISSING_SCOPE',
          missingScope: 'operator.write',
          requiredScopes: ['operator.write'],
        },
      },
    });
    expect((await complete({ 'x-pllan-scopes': 'operator.write' })).status).toBe(400);
    const none = { ...ann, 'x-pllan-scopes': '' };
    expect((await models(gateway, none)).status).toBe(403);
    expect((await requestOnce(`${gateway.url}/metrics`, { headers: none })).status).toBe(403);
  });
});
