import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { connectDevice, createDevice, type DeviceParams, type TestDevice } from '../../support/device.js';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { within } from '../../support/wait-for.js';
import { cli, environmentWith } from '../support/cli.js';

/** Not from this machine: it has to be approved. */
const headers = { 'x-forwarded-for': '203.0.113.9' };
const visitor: DeviceParams = {
  client: { id: 'openclaw-tui', mode: 'ui', platform: 'linux' },
  scopes: ['operator.read'],
  auth: { token: TOKEN },
};

let gateway: TestGateway;
let admin: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  admin = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

let env: ReturnType<typeof environmentWith>;
beforeEach(() => {
  env = environmentWith({ gateway: { port: gateway.port, auth: { mode: 'token', token: TOKEN } } });
});

const devices = (...words: string[]) => cli(['devices', ...words], { env });
const asJson = async (...words: string[]): Promise<Record<string, unknown>> => {
  const { exitCode, stdout, stderr } = await devices(...words, '--json');
  expect([exitCode, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Record<string, unknown>;
};
const ownId = (): string => identityFile('device.json').deviceId as string;
const ownTokens = () => identityFile('device-auth.json').tokens as Record<string, { token: string }>;
const identityFile = (name: string) =>
  JSON.parse(readFileSync(join(env.PLLAN_STATE_DIR, 'identity', name), 'utf8')) as Record<string, unknown>;

/** A device that asks to be let in; the id of its request. */
async function ask(
  device: TestDevice,
  more: Partial<DeviceParams> & { name?: string } = {},
): Promise<string> {
  const { name, ...over } = more;
  const client = { ...visitor.client, ...(name === undefined ? {} : { displayName: name }) };
  const waiting = await connectDevice(gateway.wsUrl, device, { ...visitor, client, ...over }, { headers });
  return waiting.answer.error?.details?.requestId as string;
}

const connectAgain = (device: TestDevice) => connectDevice(gateway.wsUrl, device, visitor, { headers });

async function approved(device: TestDevice): Promise<void> {
  await admin.call('device.pair.approve', { requestId: await ask(device) });
}

async function pairedIds(): Promise<string[]> {
  const { payload } = await admin.call('device.pair.list');
  return (payload as { paired: { deviceId: string }[] }).paired.map(({ deviceId }) => deviceId);
}

describe('pllan devices list', () => {
  test('shows who waits and who may connect, and which of them is this command line', async () => {
    const device = createDevice();
    const requestId = await ask(device, { name: 'Ann’s laptop' });
    const { exitCode, stdout, stderr } = await devices('list');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout.replaceAll(/ \d+s ago/g, ' a moment ago')).toContain(
      [
        'Ann’s laptop',
        `  Request: ${requestId}`,
        `  Device: ${device.id}`,
        '  Client: openclaw-tui on linux, from 127.0.0.1',
        '  Asks for: operator (operator.read)',
        '  Asked: a moment ago',
        `  Approve: pllan devices approve ${requestId}`,
      ].join('\n'),
    );
    expect(stdout).toMatch(new RegExp(`\\(this device\\)\n {2}Device: ${ownId()}\n {2}Client: cli on `));
    expect(stdout).toMatch(/ {2}Token: operator \(.*operator\.admin.*\), issued \d+s ago\n/);
  });

  test('gives programs the answer as it came', async () => {
    const { pending, paired } = await asJson('list');
    expect(paired).toContainEqual(expect.objectContaining({ deviceId: ownId(), approvedVia: 'silent' }));
    expect(pending).toBeInstanceOf(Array);
    expect(JSON.stringify(paired)).not.toContain('"token":');
  });

  test('names of strangers neither steer the terminal nor make lines of their own', async () => {
    await ask(createDevice(), { name: 'a\u001b[31mb\n  Request: forged\u202e' });
    const { stdout } = await devices('list');
    expect(stdout).toContain('\na [31mb Request: forged\n');
    expect(stdout).not.toContain('\u001b');
    expect(stdout).not.toContain('\u202e');
  });
});

describe('pllan devices approve', () => {
  test('lets the device in', async () => {
    const device = createDevice();
    const requestId = await ask(device);
    const { exitCode, stdout } = await devices('approve', requestId);
    expect([exitCode, stdout]).toEqual([0, `Approved openclaw-tui (device ${device.id}).\n`]);
    const entered = await connectAgain(device);
    expect(entered.answer.ok).toBe(true);
    await entered.close();
  });

  test('--latest takes the newest', async () => {
    await ask(createDevice());
    const newest = createDevice();
    const requestId = await ask(newest);
    expect(await asJson('approve', '--latest')).toMatchObject({
      requestId,
      device: { deviceId: newest.id },
    });
  });

  test('without a choice shows what there is, and approves nobody', async () => {
    const device = createDevice();
    const requestId = await ask(device);
    const { exitCode, stdout, stderr } = await devices('approve');
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain('Which request? Name one, or pass --latest for the newest.\n');
    expect(stderr).toContain(
      `- ${requestId}: openclaw-tui (openclaw-tui on linux, from 127.0.0.1) asks for operator (operator.read), `,
    );
    expect(await pairedIds()).not.toContain(device.id);
  });

  test('of a request that does not exist says so', async () => {
    expect(await devices('approve', 'no-such')).toMatchObject({
      exitCode: 1,
      stderr: 'unknown requestId\n',
    });
  });

  test('takes one request or --latest', async () => {
    expect((await devices('approve', 'x', '--latest')).stderr).toBe('Use either a request id or --latest.\n');
  });
});

test('pllan devices reject turns a device away', async () => {
  const device = createDevice();
  const requestId = await ask(device);
  expect((await devices('reject', requestId)).stdout).toBe(`Rejected request ${requestId}.\n`);
  expect(await ask(device)).not.toBe(requestId);
});

test('pllan devices rename gives a device a name of its owner', async () => {
  const device = createDevice();
  await approved(device);
  const { stdout } = await devices('rename', device.id, 'kitchen tablet');
  expect(stdout).toBe(`Device ${device.id} is now called kitchen tablet.\n`);
  expect((await devices('list')).stdout).toContain(`kitchen tablet\n  Device: ${device.id}\n`);
  expect((await devices('rename', device.id)).stderr).toBe("error: 'pllan devices rename' needs <label>\n");
});

describe('pllan devices remove', () => {
  test('forgets a device and closes its connections', async () => {
    const device = createDevice();
    await approved(device);
    const open = await connectAgain(device);
    expect((await devices('remove', device.id)).stdout).toBe(`Removed device ${device.id}.\n`);
    expect(await within('close', open.closed)).toEqual({
      code: 4001,
      reason: 'client invalidated: device-removed',
    });
    expect(await pairedIds()).not.toContain(device.id);
    expect(await devices('remove', device.id)).toMatchObject({ exitCode: 1, stderr: 'unknown deviceId\n' });
  });

  test('of this very device drops its token', async () => {
    await devices('list');
    expect(await asJson('remove', ownId())).toEqual({ deviceId: ownId() });
    expect(ownTokens()).toEqual({});
  });
});

describe('pllan devices rotate', () => {
  test('gives a device another token, which only this answer holds', async () => {
    const device = createDevice();
    await approved(device);
    const before = await connectAgain(device);
    const { exitCode, stdout } = await devices(
      'rotate',
      device.id,
      '--role',
      'operator',
      '--scope',
      'operator.read', // prettier-ignore
    );
    expect(exitCode).toBe(0);
    const [said, shown] = stdout.split('\n');
    expect(said).toBe(
      `Device ${device.id} has a new operator token (operator.read); its connections are closed.`,
    );
    expect((await within('close', before.closed)).reason).toBe('client invalidated: device-token-rotated');
    const deviceToken = /^Token: ([\w-]{43})$/.exec(shown ?? '')?.[1] ?? '';
    const again = await connectDevice(gateway.wsUrl, device, { ...visitor, auth: { deviceToken } });
    expect(again.answer).toMatchObject({ ok: true, payload: { auth: { method: 'device-token' } } });
    await again.close();
  });

  test('of this very device keeps what it gets, and does not show it', async () => {
    await devices('list');
    const before = ownTokens().operator?.token;
    const { stdout } = await devices(
      'rotate',
      ownId(),
      '--role=operator',
      '--scope=operator.read,operator.pairing', // prettier-ignore
    );
    expect(stdout).toContain('(operator.pairing, operator.read)');
    expect(stdout).not.toContain('Token:');
    expect(ownTokens().operator).toMatchObject({ scopes: ['operator.pairing', 'operator.read'] });
    expect(ownTokens().operator?.token).not.toBe(before);
  });

  test.each(['rotate', 'revoke'])('(%s) needs to know the role', async (word) => {
    expect((await devices(word, 'x')).stderr).toBe('--role is needed: whose token, "operator" or "node"?\n');
  });

  test('of an unknown device is refused', async () => {
    expect(await devices('rotate', 'x', '--role', 'operator')).toMatchObject({
      exitCode: 1,
      stderr: 'device token rotation denied\n',
    });
  });
});

describe('pllan devices revoke', () => {
  test('takes a token away', async () => {
    const device = createDevice();
    await approved(device);
    const first = await connectAgain(device);
    const { auth } = first.answer.payload as { auth: { deviceToken: string } };
    const { deviceToken } = auth;
    expect(await asJson('revoke', device.id, '--role', 'operator')).toEqual({
      deviceId: device.id,
      role: 'operator',
      revokedAtMs: expect.any(Number),
    });
    const again = await connectDevice(gateway.wsUrl, device, { ...visitor, auth: { deviceToken } });
    expect(again.answer.error?.details).toMatchObject({ code: 'AUTH_DEVICE_TOKEN_MISMATCH' });
  });

  test('of this very device drops it', async () => {
    await devices('list');
    await devices('revoke', ownId(), '--role', 'operator');
    expect(ownTokens()).toEqual({});
  });
});

describe('pllan devices clear', () => {
  test('does nothing without --yes', async () => {
    const before = await pairedIds();
    expect(await devices('clear')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Refusing to remove every paired device without --yes.'),
    });
    expect(await pairedIds()).toEqual(before);
  });

  test('forgets all of them, this one last, and with --pending turns the others away', async () => {
    const device = createDevice();
    await approved(device);
    const requestId = await ask(createDevice());
    const { removed, rejected } = await asJson('clear', '--yes', '--pending');
    expect(removed).toContain(device.id);
    expect((removed as string[]).at(-1)).toBe(ownId());
    expect(rejected).toContain(requestId);
    expect(await pairedIds()).toEqual([]);
    expect(ownTokens()).toEqual({});
  });
});

describe('where this device itself waits for approval', () => {
  let strict: TestGateway;
  beforeAll(async () => {
    strict = await startGateway({
      config: {
        gateway: {
          mode: 'local',
          auth: { mode: 'token', token: TOKEN },
          nodes: { pairing: { autoApproveLocal: false } },
        },
      },
    });
  });
  afterAll(() => strict.stop());
  beforeEach(() => {
    env = environmentWith({ gateway: { port: strict.port, auth: { mode: 'token', token: TOKEN } } });
  });

  test('devices are managed by the secret alone, and --latest means another one', async () => {
    const device = createDevice();
    const waiting = await connectDevice(strict.wsUrl, device, visitor);
    const requestId = waiting.answer.error?.details?.requestId as string;
    await devices('list');
    expect(await asJson('approve', '--latest')).toMatchObject({ requestId });
    expect(existsSync(join(env.PLLAN_STATE_DIR, 'identity', 'device-auth.json'))).toBe(false);
    expect(await asJson('approve', '--latest')).toMatchObject({ device: { deviceId: ownId() } });
    expect((await cli(['gateway', 'call', 'status'], { env })).exitCode).toBe(0);
  });

  test('without the secret, approval is what is asked for', async () => {
    const { exitCode, stderr } = await devices('list', '--token', 'wrong-token');
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('gateway token mismatch')]);
  });
});
