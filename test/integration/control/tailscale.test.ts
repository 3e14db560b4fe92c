/** Users of Tailscale Serve, who need no secret where that is allowed (protocol.md §9.1, §9.4; http.md §14). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, connectParams } from '../../support/control-client.js';
import { authOf, connectDevice, createDevice, detailsOf } from '../../support/device.js';
import { fakeTailscale, servedTo, whoisAnswer, type FakeTailscale } from '../../support/fake-tailscale.js';
import { refused, type Refused } from '../../support/first-frame.js';
import { startFor, startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { requestOnce } from '../../support/request-once.js';
import { waitFor } from '../../support/wait-for.js';

type Headers = Readonly<Record<string, string>>;

const ANN = 'ann@example.com';
const tui = { id: 'pllan-tui', version: '1', platform: 'linux', mode: 'ui' };
const controlUi = { id: 'pllan-control-ui', version: '1', platform: 'web', mode: 'ui' };
const page = { origin: 'https://box.tail1234.ts.net', host: 'box.tail1234.ts.net' };
const scopes = ['operator.read'];

const address = {
  ann: '100.64.0.1',
  otherLetters: '100.64.0.2',
  v6: 'fd7a:115c:a1e0::1',
  bob: '100.64.0.3',
  unknown: '100.64.0.4',
  notJson: '100.64.0.5',
  nobody: '100.64.0.6',
  endless: '100.64.0.7',
  silent: '100.64.0.8',
};

let tailscale: FakeTailscale;
let gateway: TestGateway;
beforeAll(async () => {
  tailscale = fakeTailscale({
    [address.ann]: whoisAnswer(ANN),
    [address.otherLetters]: whoisAnswer('Ann@Example.com'),
    [address.v6]: whoisAnswer(ANN),
    [address.bob]: whoisAnswer('bob@example.com'),
    [address.notJson]: 'echo nonsense',
    [address.nobody]: `echo '{"UserProfile":{}}'`,
    [address.endless]: 'exec yes',
    [address.silent]: 'exec sleep 60',
  });
  gateway = await startWith({ allowTailscale: true });
});
afterAll(() => gateway.stop());

function startWith(auth: object): Promise<TestGateway> {
  return startGateway({
    env: { PATH: tailscale.path, PLLAN_GATEWAY_PASSWORD: 'not for children' },
    config: { gateway: { auth: { mode: 'token', token: TOKEN, rateLimit: { maxAttempts: 3 }, ...auth } } },
  });
}

function attempt(headers: Headers, auth: object = {}, on = gateway): Promise<Refused> {
  const params = connectParams({ client: tui, auth });
  return refused(on.wsUrl, { type: 'req', id: 'first', method: 'connect', params }, headers);
}

async function granted(headers: Headers, auth: object = {}): Promise<unknown> {
  const client = await connectControl(gateway.wsUrl, { params: { client: tui, scopes, auth }, headers });
  await client.close();
  return client.hello.payload?.auth ?? client.hello.error;
}

describe('a user whom Serve names, and the tailnet too', () => {
  it.each([
    ['by an address', servedTo(address.ann, ANN)],
    ['by an address of IPv6', servedTo(address.v6, ANN)],
    ['in other letters', servedTo(address.otherLetters, ANN)],
  ])('%s connects without a secret; without a device it may call health only', async (_how, headers) => {
    expect(await granted(headers)).toEqual({ method: 'tailscale', role: 'operator', scopes: [] });
  });

  it('uses a Control UI whose device nobody has to approve', async () => {
    const headers = { ...servedTo(address.ann, ANN), ...page };
    const params = { client: controlUi, scopes };
    const connected = await connectDevice(gateway.wsUrl, createDevice(), params, { headers });
    expect(authOf(connected)).toEqual({ method: 'tailscale', role: 'operator', scopes });
    await connected.close();
  });

  it('waits for approval with the device of another client', async () => {
    const connected = await connectDevice(
      gateway.wsUrl,
      createDevice(),
      { client: tui, scopes },
      { headers: servedTo(address.ann, ANN) },
    );
    expect(detailsOf(connected)).toMatchObject({ code: 'PAIRING_REQUIRED', reason: 'not-paired' });
  });

  it('is asked about once in a while, by a command that is told nothing secret', async () => {
    for (let n = 0; n < 3; n += 1) await granted(servedTo(address.ann, ANN));
    expect(tailscale.calls().filter((call) => call === `whois --json ${address.ann}`)).toHaveLength(1);
    expect(tailscale.environment().filter((name) => name.startsWith('PLLAN_'))).toEqual([]);
  });

  it('with the secret is let in by that', async () => {
    expect(await granted(servedTo(address.ann, ANN), { token: TOKEN })).toMatchObject({ method: 'token' });
  });
});

describe('whoever is not is refused', () => {
  const refusal = (code: string, authReason: string, message: string): Refused => ({
    frames: [
      {
        type: 'res',
        id: 'first',
        ok: false,
        error: {
          code: 'INVALID_REQUEST',
          message,
          details: {
            code,
            authReason,
            canRetryWithDeviceToken: false,
            recommendedNextStep: 'review_auth_configuration',
          },
        },
      },
    ],
    close: { code: 1008, reason: message.slice(0, 120) },
  });
  const missing = refusal(
    'AUTH_TAILSCALE_IDENTITY_MISSING',
    'tailscale_user_missing',
    'unauthorized: tailscale identity missing (connect as a user of the tailnet, or provide gateway auth)',
  );
  const noProxy = refusal(
    'AUTH_TAILSCALE_PROXY_MISSING',
    'tailscale_proxy_missing',
    'unauthorized: tailscale identity without proxy headers (connect through Tailscale Serve, or provide gateway auth)',
  );
  const unchecked = refusal(
    'AUTH_TAILSCALE_WHOIS_FAILED',
    'tailscale_whois_failed',
    'unauthorized: tailscale identity could not be checked (run `tailscale whois` on the gateway host, or provide gateway auth)',
  );
  const mismatch = refusal(
    'AUTH_TAILSCALE_IDENTITY_MISMATCH',
    'tailscale_user_mismatch',
    'unauthorized: tailscale identity mismatch (connect through Tailscale Serve, or provide gateway auth)',
  );
  const without = (name: string): Headers =>
    Object.fromEntries(Object.entries(servedTo(address.ann, ANN)).filter(([header]) => header !== name));

  it('AUTH_TAILSCALE_IDENTITY_MISSING tailscale_user_missing: Serve names nobody', async () => {
    expect(await attempt(servedTo(address.ann))).toEqual(missing);
  });

  it.each<[string, Headers]>([
    ['X-Forwarded-For', without('x-forwarded-for')],
    ['X-Forwarded-Proto', without('x-forwarded-proto')],
    ['X-Forwarded-Host', without('x-forwarded-host')],
    ['an address in X-Forwarded-For', { ...servedTo('--help', ANN) }],
    ['any of them', { 'tailscale-user-login': ANN }],
  ])('AUTH_TAILSCALE_PROXY_MISSING tailscale_proxy_missing: without %s', async (_what, headers) => {
    expect(await attempt(headers)).toEqual(noProxy);
  });

  it.each([
    ['does not know', address.unknown],
    ['answers no JSON', address.notJson],
    ['names nobody', address.nobody],
    ['does not stop answering', address.endless],
    ['does not answer', address.silent],
  ])('AUTH_TAILSCALE_WHOIS_FAILED tailscale_whois_failed: the command %s', async (_what, from) => {
    expect(await attempt(servedTo(from, ANN))).toEqual(unchecked);
  });

  it('AUTH_TAILSCALE_WHOIS_FAILED tailscale_whois_failed: there is no such command', async (test) => {
    const auth = { mode: 'token', token: TOKEN, allowTailscale: true };
    const other = await startFor(test, { config: { gateway: { auth } } });
    expect(await attempt(servedTo(address.ann, ANN), {}, other)).toEqual(unchecked);
    const line = await waitFor('log line', () =>
      other.logLines().find(({ event }) => event === 'auth.whois-failed'),
    );
    expect(line.message).toContain('tailscale ENOENT');
  });

  it('AUTH_TAILSCALE_IDENTITY_MISMATCH tailscale_user_mismatch: the tailnet names another', async () => {
    expect(await attempt(servedTo(address.bob, ANN))).toEqual(mismatch);
    expect(await attempt({ ...servedTo(address.ann, `${ANN}, bob@example.com`) })).toEqual(mismatch);
  });

  it('as ever: without any sign of Serve, and with a wrong secret', async () => {
    const reasonOf = ({ frames }: Refused): unknown => frames[0]?.error?.details?.authReason;
    expect(reasonOf(await attempt({}))).toBe('token_missing');
    expect(reasonOf(await attempt({ 'x-forwarded-for': address.ann }))).toBe('token_missing');
    expect(reasonOf(await attempt(servedTo(address.bob, ANN), { token: 'x' }))).toBe('token_mismatch');
  });
});

it('guesses of a user who needs no secret are counted', async (test) => {
  const strict = await startWith({ allowTailscale: true });
  test.onTestFinished(async () => void (await strict.stop()));
  const headers = servedTo(address.ann, ANN);
  const methodOf = async (token: string): Promise<unknown> => {
    const client = await connectControl(strict.wsUrl, { params: { client: tui, auth: { token } }, headers });
    await client.close();
    return (client.hello.payload?.auth as { method?: unknown } | undefined)?.method;
  };
  for (let n = 0; n < 3; n += 1) expect(await methodOf(`guess-${n}`)).toBe('tailscale');
  // Locked: the right one is not even compared any more, and the user is in all the same.
  expect(await methodOf(TOKEN)).toBe('tailscale');
});

it('the headers count for nothing over HTTP, and where they are not allowed', async (test) => {
  const headers = servedTo(address.ann, ANN);
  const forbidding = await startWith({});
  test.onTestFinished(async () => void (await forbidding.stop()));
  const { frames } = await attempt(headers, {}, forbidding);
  expect(frames[0]?.error?.details?.authReason).toBe('token_missing');
  for (const path of ['/v1/models', '/metrics'])
    expect((await requestOnce(gateway.url + path, { headers })).status).toBe(401);
});
