/** Params, version, role and origin of a `connect`, each refusal with its exact answer and close (protocol.md §4.4). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  connectControl,
  connectParams,
  type ControlClient,
  type Frame,
} from '../../support/control-client.js';
import { refused, type Refused } from '../../support/first-frame.js';
import { startFor, startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';

let gateway: TestGateway;
/** With other rules for origins. */
let lenient: TestGateway;
let anywhere: TestGateway;

beforeAll(async () => {
  const start = (controlUi: object): Promise<TestGateway> =>
    startGateway({ config: { gateway: { controlUi } } });
  [gateway, lenient, anywhere] = await Promise.all([
    start({ allowedOrigins: ['https://ui.example.com'] }),
    start({ dangerouslyAllowHostHeaderOriginFallback: true }),
    start({ allowedOrigins: ['*'] }),
  ]);
});
afterAll(() => Promise.all([gateway, lenient, anywhere].map((one) => one.stop())));

type Params = Readonly<Record<string, unknown>>;
type Headers = Readonly<Record<string, string>>;

function refusedConnect(over: Params, headers: Headers = {}): Promise<Refused> {
  const first = { type: 'req', id: 'first', method: 'connect', params: connectParams(over) };
  return refused(gateway.wsUrl, first, headers);
}

/** A refusal with one answer, whose message is also the reason of the close. */
function refusal(code: number, error: Frame['error']): Refused {
  const frames: Frame[] = [{ type: 'res', id: 'first', ok: false, ...(error ? { error } : {}) }];
  return { frames, close: { code, reason: error?.message ?? '' } };
}

async function accepted(over: Params, headers: Headers = {}): Promise<Frame> {
  const client = await connectControl(gateway.wsUrl, { params: over, headers });
  await client.close();
  return client.hello;
}

const client = { id: 'cli', version: '1.0.0', platform: 'linux', mode: 'cli' };

describe('connect params', () => {
  it.each<[string, Params, string]>([
    ['an unknown key', { nope: 1 }, "at root: unexpected property 'nope'"],
    ['an unknown key of auth', { auth: { nope: 1 } }, "at /auth: unexpected property 'nope'"],
    ['minProtocol 0', { minProtocol: 0 }, 'at /minProtocol: must be >= 1'],
    ['a fraction', { maxProtocol: 4.5 }, 'at /maxProtocol: must be a whole number'],
    ['scopes that are no list', { scopes: 'operator.read' }, 'at /scopes: must be array'],
    ['an empty version', { client: { ...client, version: '' } }, 'at /client/version: must not be empty'],
    ['an unknown key of client', { client: { ...client, os: 'x' } }, "at /client: unexpected property 'os'"],
    [
      'a client without platform',
      { client: { id: 'cli', version: '1', mode: 'cli' } },
      "at /client: must have required property 'platform'",
    ],
    ['a token that is no string', { auth: { token: 7 } }, 'at /auth/token: must be string'],
    [
      'endless caps',
      { caps: Array.from({ length: 30_000 }, () => 0) },
      'at /caps: must have at most 64 items',
    ],
    [
      'endless scopes',
      { scopes: Array.from({ length: 257 }, () => 'x') },
      'at /scopes: must have at most 64 items',
    ],
    [
      'endless commands',
      { commands: Array.from({ length: 257 }, () => 'x') },
      'at /commands: must have at most 256 items',
    ],
    [
      'endless permissions',
      { permissions: Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`p${i}`, true])) },
      'at /permissions: must have at most 256 entries',
    ],
    ['a caps entry that is no string', { caps: ['a', 1] }, 'at /caps/1: must be string'],
  ])('with %s are refused, with the path', async (_what, over, problem) => {
    expect(await refusedConnect(over)).toEqual(
      refusal(1008, { code: 'INVALID_REQUEST', message: `invalid connect params: ${problem}` }),
    );
  });

  it.each(['version', 'platform', 'displayName', 'deviceFamily', 'modelIdentifier', 'instanceId'])(
    'with a client.%s of 256 characters are accepted, longer ones are refused',
    async (key) => {
      const named = (length: number): Params => ({ client: { ...client, [key]: 'é'.repeat(length) } });
      expect(await accepted(named(256))).toMatchObject({ ok: true });
      expect(await refusedConnect(named(257))).toEqual(
        refusal(1008, {
          code: 'INVALID_REQUEST',
          message: `invalid connect params: at /client/${key}: must have at most 256 characters`,
        }),
      );
    },
  );

  it.each([
    ['/locale', 256, (text: string) => ({ locale: text })],
    ['/userAgent', 1024, (text: string) => ({ userAgent: text })],
    ['/pathEnv', 8192, (text: string) => ({ pathEnv: text })],
    ['/role', 256, (text: string) => ({ role: text })],
    ['/scopes/0', 256, (text: string) => ({ scopes: [text] })],
    ['/caps/0', 256, (text: string) => ({ caps: [text] })],
  ])('with more than it may have at %s are refused', async (path, most, over) => {
    const { frames, close } = await refusedConnect(over('x'.repeat(most + 1)));
    expect(frames[0]?.error?.message).toBe(
      `invalid connect params: at ${path}: must have at most ${most} characters`,
    );
    expect(close.code).toBe(1008);
  });

  it('with an unknown client id or mode name the place; the reason of the close is cut to 120 bytes', async () => {
    const { frames, close } = await refusedConnect({ client: { ...client, id: 'nobody', mode: 'none' } });
    const message = frames[0]?.error?.message ?? '';
    expect(message).toMatch(/^invalid connect params: at \/client\/id: must be one of "cli", /);
    expect(message).toContain('; at /client/mode: must be one of "webchat", ');
    expect(close).toEqual({ code: 1008, reason: message.slice(0, 120) });
  });

  it('that are cut inside a character keep whole characters only', async () => {
    const { frames, close } = await refusedConnect({ ['ü'.repeat(100)]: 1 });
    const message = frames[0]?.error?.message ?? '';
    expect(close.reason).not.toContain('\uFFFD');
    expect(message.startsWith(close.reason)).toBe(true);
    expect(Buffer.byteLength(close.reason)).toBeGreaterThanOrEqual(119);
    expect(Buffer.byteLength(close.reason)).toBeLessThanOrEqual(120);
  });

  it('that are missing name what is missing', async () => {
    const { frames } = await refused(gateway.wsUrl, { type: 'req', id: 'first', method: 'connect' });
    expect(frames[0]?.error?.message).toBe(
      "invalid connect params: at root: must have required property 'minProtocol'; at root: must have required property 'maxProtocol'; at root: must have required property 'client'",
    );
  });

  it('may have everything that clients send', async () => {
    const hello = await accepted({
      client: {
        ...client,
        displayName: 'my-host',
        buildId: 'b',
        deviceFamily: 'Linux',
        modelIdentifier: 'PC',
        timeZone: 'Europe/Berlin',
        instanceId: 'i-1',
      },
      caps: ['tool-events', 'from-the-future'],
      commands: ['x'],
      permissions: { camera: true },
      pathEnv: '/bin',
      locale: 'en-US',
      userAgent: 'test/1',
      modelCatalog: [1],
      computerUse: { a: 1 },
      workerRuns: 'x',
    });
    expect(hello.ok).toBe(true);
  });
});

describe('the protocol range', () => {
  it.each([
    [9, 9],
    [5, 6],
    [1, 2],
    [4, 3],
  ])('%i..%i is refused with what the gateway speaks', async (minProtocol, maxProtocol) => {
    expect(await refusedConnect({ minProtocol, maxProtocol })).toEqual(
      refusal(1002, {
        code: 'INVALID_REQUEST',
        message: 'protocol mismatch',
        details: {
          code: 'PROTOCOL_MISMATCH',
          clientMinProtocol: minProtocol,
          clientMaxProtocol: maxProtocol,
          expectedProtocol: 4,
          minimumProbeProtocol: 3,
        },
      }),
    );
  });

  it.each([
    [4, 4, 4],
    [3, 4, 4],
    [3, 3, 3],
    [1, 9, 4],
  ])('%i..%i is accepted as %i', async (minProtocol, maxProtocol, protocol) => {
    expect(await accepted({ minProtocol, maxProtocol })).toMatchObject({ ok: true, payload: { protocol } });
  });

  it('counts before role, origin and credential', async () => {
    const over = { minProtocol: 9, maxProtocol: 9, role: 'king', auth: { token: 'wrong' } };
    expect((await refusedConnect(over, { origin: 'https://evil.example' })).close.code).toBe(1002);
  });
});

describe('the role', () => {
  it('king does not exist', async () => {
    expect(await refusedConnect({ role: 'king' })).toEqual(
      refusal(1008, { code: 'INVALID_REQUEST', message: 'invalid role' }),
    );
  });

  it('node needs a device', async () => {
    const over = { role: 'node', client: { ...client, id: 'node-host', mode: 'node' } };
    expect(await refusedConnect(over)).toEqual(
      refusal(1008, {
        code: 'NOT_PAIRED',
        message: 'device identity required',
        details: { code: 'DEVICE_IDENTITY_REQUIRED' },
      }),
    );
  });

  it('is operator when not sent', async () => {
    const { role: _role, ...params } = connectParams();
    const first = { type: 'req', id: 'first', method: 'connect', params };
    const connected = await connectControl(gateway.wsUrl, { params: first.params });
    expect(connected.hello).toMatchObject({ ok: true, payload: { auth: { role: 'operator' } } });
    await connected.close();
  });
});

describe('the origin', () => {
  const message =
    'origin not allowed (open the Control UI from the gateway host or allow it in gateway.controlUi.allowedOrigins)';
  const refusalFor = (reason: string): Refused => ({
    frames: refusal(1008, {
      code: 'INVALID_REQUEST',
      message,
      details: { code: 'CONTROL_UI_ORIGIN_NOT_ALLOWED', reason },
    }).frames,
    close: { code: 1008, reason: message.slice(0, 120) },
  });
  const webchat = { ...client, id: 'webchat', mode: 'webchat' };

  it('of a strange page is refused, whatever client it claims to be, also with the right token', async () => {
    const answer = await refusedConnect({ auth: { token: TOKEN } }, { origin: 'https://evil.example' });
    expect(answer).toEqual(refusalFor('origin not allowed'));
  });

  it.each(['null', 'not a url'])('%s is refused as invalid', async (origin) => {
    expect(await refusedConnect({}, { origin })).toEqual(refusalFor('origin missing or invalid'));
  });

  it.each(['webchat', 'webchat-ui', 'pllan-control-ui', 'openclaw-control-ui'])(
    'must be sent by %s',
    async (id) => {
      expect(await refusedConnect({ client: { ...webchat, id } })).toEqual(
        refusalFor('origin missing or invalid'),
      );
    },
  );

  it.each([
    ['on loopback', 'http://localhost:5173', {}],
    ['on a loopback literal', 'http://[::1]:80', {}],
    ['in the list', 'https://ui.example.com', {}],
    ['in the list, in other letters', 'HTTPS://UI.Example.com', {}],
    ['equal to a private Host', 'http://192.168.1.5:18789', { host: '192.168.1.5:18789' }],
    ['equal to a Host under .local', 'http://box.local:18789', { host: 'box.local:18789' }],
  ])('%s is accepted', async (_what, origin, headers) => {
    expect(await accepted({ client: webchat }, { ...headers, origin })).toMatchObject({ ok: true });
  });

  it('equal to a public Host is not enough', async () => {
    const headers = { origin: 'http://gateway.example', host: 'gateway.example' };
    expect(await refusedConnect({ client: webchat }, headers)).toEqual(refusalFor('origin not allowed'));
  });

  it.each([
    ['equal to Host, with dangerouslyAllowHostHeaderOriginFallback', 'https://gateway.example', true],
    ['of another host, with dangerouslyAllowHostHeaderOriginFallback', 'https://evil.example', false],
  ])('%s', async (_what, origin, ok) => {
    const headers = { origin, host: 'gateway.example' };
    const connected = await connectControl(lenient.wsUrl, { params: { client: webchat }, headers });
    expect(connected.hello.ok).toBe(ok);
    await connected.close();
  });

  it('through an SSH tunnel is accepted by a gateway on the network that has no list', async (test) => {
    const onNetwork = await startFor(test, {
      config: { gateway: { bind: 'lan', trustedProxies: ['127.0.0.1'] } },
    });
    const attempt = (origin: string): Promise<ControlClient & { readonly hello: Frame }> =>
      connectControl(onNetwork.wsUrl, {
        params: { client: webchat },
        headers: { origin, 'x-forwarded-for': '203.0.113.9' },
      });
    const [tunnelled, other] = await Promise.all([
      attempt(`http://localhost:${onNetwork.port}`),
      attempt('http://localhost:5173'),
    ]);
    expect(tunnelled.hello.ok).toBe(true);
    expect(other.hello.error?.details).toMatchObject({ reason: 'origin not allowed' });
    await Promise.all([tunnelled.close(), other.close()]);
  });

  it('of any page is accepted with "*" in the list, and must still be one', async () => {
    const attempt = (origin: string): Promise<ControlClient & { readonly hello: Frame }> =>
      connectControl(anywhere.wsUrl, { params: { client: webchat }, headers: { origin } });
    const [page, none] = await Promise.all([attempt('https://evil.example'), attempt('null')]);
    expect(page.hello.ok).toBe(true);
    expect(none.hello.error?.details).toMatchObject({ reason: 'origin missing or invalid' });
    await Promise.all([page.close(), none.close()]);
  });
});

describe('a Control UI', () => {
  it.each(['pllan-control-ui', 'openclaw-control-ui'])(
    '%s needs a device, also with the right token',
    async (id) => {
      const over = { client: { ...client, id, mode: 'ui' } };
      expect(await refusedConnect(over, { origin: gateway.url })).toEqual(
        refusal(1008, {
          code: 'INVALID_REQUEST',
          message: 'control ui requires device identity (use HTTPS or localhost secure context)',
          details: { code: 'CONTROL_UI_DEVICE_IDENTITY_REQUIRED' },
        }),
      );
    },
  );
});
