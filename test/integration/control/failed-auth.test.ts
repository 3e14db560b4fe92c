/** Guessing credentials (protocol.md §10): a lock for those who fail too often, a delay for those on this machine. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, connectParams } from '../../support/control-client.js';
import {
  authOf,
  connectDevice,
  createDevice,
  detailsOf,
  type DeviceConnection,
  type TestDevice,
} from '../../support/device.js';
import { refused } from '../../support/first-frame.js';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';

const page = { origin: 'http://localhost:5173' };
const client = { id: 'webchat-ui', version: '1', platform: 'web', mode: 'webchat' };

const tui = { id: 'pllan-tui', version: '1', platform: 'linux', mode: 'ui' };

let gateway: TestGateway;
beforeAll(async () => {
  const rateLimit = { maxAttempts: 3, windowMs: 60_000, lockoutMs: 60_000 };
  gateway = await startGateway({ config: { gateway: { auth: { mode: 'token', token: TOKEN, rateLimit } } } });
});
afterAll(() => gateway.stop());

async function reasonOf(
  token: string | undefined,
  headers: Readonly<Record<string, string>>,
  as = client,
): Promise<unknown> {
  const params = connectParams({ client: as, auth: token === undefined ? {} : { token } });
  const { frames } = await refused(
    gateway.wsUrl,
    { type: 'req', id: 'first', method: 'connect', params },
    headers,
  );
  return (frames[0]?.error?.details as { authReason?: unknown } | undefined)?.authReason;
}

describe('a page that guesses', () => {
  it('AUTH_RATE_LIMITED rate_limited: is locked out after its attempts, also with the right secret, and alone', async () => {
    for (let n = 0; n < 5; n += 1) expect(await reasonOf(undefined, page)).toBe('token_missing');
    for (let n = 0; n < 3; n += 1) expect(await reasonOf(`guess-${n}`, page)).toBe('token_mismatch');
    const params = connectParams({ client });
    const { frames, close } = await refused(
      gateway.wsUrl,
      { type: 'req', id: 'x', method: 'connect', params },
      page,
    );
    const error = frames[0]?.error;
    expect(error).toEqual({
      code: 'INVALID_REQUEST',
      message: 'unauthorized: too many failed authentication attempts (retry later)',
      details: {
        code: 'AUTH_RATE_LIMITED',
        authReason: 'rate_limited',
        canRetryWithDeviceToken: false,
        recommendedNextStep: 'wait_then_retry',
      },
      retryable: true,
      retryAfterMs: expect.any(Number),
    });
    expect(error?.retryAfterMs).toBeGreaterThan(30_000);
    expect(close.code).toBe(1008);
    const other = await connectControl(gateway.wsUrl, {
      params: { client },
      headers: { origin: 'http://localhost:1' },
    });
    expect(other.hello.ok).toBe(true);
    const local = await connectControl(gateway.wsUrl);
    expect(local.hello.ok).toBe(true);
    await Promise.all([other.close(), local.close()]);
  });

  it('cannot get past the lock by guessing side by side', async () => {
    const origin = { origin: 'http://localhost:7' };
    const device = { client: { ...client, id: 'webchat' }, scopes: [], auth: { deviceToken: 'a guess' } };
    const answers = await Promise.all(
      Array.from({ length: 12 }, () =>
        connectDevice(gateway.wsUrl, createDevice(), device, { headers: origin }),
      ),
    );
    const reasons = answers.map(({ answer }) => answer.error?.details?.authReason);
    expect(reasons.filter((reason) => reason === 'device_token_mismatch')).toHaveLength(3);
    expect(reasons.filter((reason) => reason === 'rate_limited')).toHaveLength(9);
  });

  it('with bootstrap tokens is locked out as well', async () => {
    const headers = { origin: 'http://localhost:10' };
    const first = {
      type: 'req',
      id: 'first',
      method: 'connect',
      params: connectParams({ client, auth: { bootstrapToken: 'a guess' } }),
    };
    const reasons: unknown[] = [];
    for (let n = 0; n < 4; n += 1) {
      const { frames } = await refused(gateway.wsUrl, first, headers);
      reasons.push(frames[0]?.error?.details?.authReason);
    }
    const invalid = 'bootstrap_token_invalid';
    expect(reasons).toEqual([invalid, invalid, invalid, 'rate_limited']);
    expect(await reasonOf('guess', headers)).toBe('token_mismatch');
  });
});

describe('while the shared secret is locked', () => {
  const headers = { origin: 'http://localhost:9' };
  const params = { client: { ...client, id: 'webchat' }, scopes: ['operator.read'] };
  const connect = (device: TestDevice, auth: Record<string, string>): Promise<DeviceConnection> =>
    connectDevice(gateway.wsUrl, device, { ...params, auth }, { headers });
  const locked = {
    code: 'AUTH_RATE_LIMITED',
    authReason: 'rate_limited',
    canRetryWithDeviceToken: false,
    recommendedNextStep: 'wait_then_retry',
  };
  let device: TestDevice;
  let deviceToken: string;
  beforeAll(async () => {
    device = createDevice();
    const paired = await connect(device, { token: TOKEN });
    deviceToken = authOf(paired).deviceToken as string;
    await paired.close();
    for (let n = 0; n < 3; n += 1) await reasonOf(`guess-${n}`, headers);
  });

  it('a device with the secret is refused, and not sent to a token of its own', async () => {
    const refusedOne = await connect(device, { token: TOKEN });
    expect(refusedOne.answer.error).toMatchObject({
      message: 'unauthorized: too many failed authentication attempts (retry later)',
      retryable: true,
      retryAfterMs: expect.any(Number),
    });
    expect(detailsOf(refusedOne)).toEqual(locked);
  });

  it('a device gets in with its own token, in either place', async () => {
    for (const auth of [{ deviceToken }, { token: deviceToken }, { token: TOKEN, deviceToken }]) {
      const connected = await connect(device, auth);
      expect(authOf(connected)).toMatchObject({ method: 'device-token' });
      await connected.close();
    }
  });

  it('guesses at it are counted, also where the secret belongs', async () => {
    for (let n = 0; n < 3; n += 1)
      expect(detailsOf(await connect(device, { token: `guess-${n}` }))).toEqual(locked);
    expect(detailsOf(await connect(device, { deviceToken }))).toEqual(locked);
  });
});

it('a client on this machine is never locked out, only held back', async () => {
  for (let n = 0; n < 5; n += 1) expect(await reasonOf(`guess-${n}`, {}, tui)).toBe('token_mismatch');
  const local = await connectControl(gateway.wsUrl);
  expect(local.hello.ok).toBe(true);
  await local.close();
});
