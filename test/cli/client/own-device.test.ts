/** The command line as a device of a real gateway: approval, its own token, and what is said when they do not do. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Environment } from '../../../src/shared/paths.js';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startEntry } from '../../support/entry-process.js';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { cli, environmentWith } from '../support/cli.js';

let gateway: TestGateway;
let admin: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  admin = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

type OwnEnvironment = Environment & { readonly PLLAN_STATE_DIR: string };

/** A command line with a state dir of its own, which knows the gateway's port and this token. */
function commandLine(token: string | undefined = TOKEN, { port }: TestGateway = gateway): OwnEnvironment {
  return environmentWith(configWith(token, port));
}

function configWith(token: string | undefined, port: number): object {
  return { gateway: { port, auth: { mode: 'token', ...(token === undefined ? {} : { token }) } } };
}

/** From now on the command line knows another token, or none. */
function forgetSecret({ PLLAN_STATE_DIR }: OwnEnvironment, token?: string): void {
  writeFileSync(join(PLLAN_STATE_DIR, 'pllan.json'), JSON.stringify(configWith(token, gateway.port)));
}

const identityOf = ({ PLLAN_STATE_DIR }: OwnEnvironment) =>
  readJson(join(PLLAN_STATE_DIR, 'identity', 'device.json')) as { deviceId: string };
const tokensOf = ({ PLLAN_STATE_DIR }: OwnEnvironment) =>
  readJson(join(PLLAN_STATE_DIR, 'identity', 'device-auth.json')) as {
    deviceId: string;
    tokens: Record<string, { token: string; scopes: string[] }>;
  };
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

const pairedCount = async (): Promise<number> => {
  const { payload } = await admin.call('device.pair.list');
  const { paired } = payload as { paired: unknown[] };
  return paired.length;
};

const status = (env: Environment, ...more: string[]) =>
  cli(['gateway', 'status', '--require-rpc', '--json', ...more], { env });

describe('the first connection', () => {
  test('makes the command line a device of the gateway, with a token of its own', async () => {
    const env = commandLine();
    expect((await status(env)).exitCode).toBe(0);
    const { deviceId } = identityOf(env);
    const { payload } = await admin.call('device.pair.list');
    expect(payload?.paired).toContainEqual(
      expect.objectContaining({ deviceId, clientId: 'cli', clientMode: 'cli', approvedVia: 'silent' }),
    );
    expect(tokensOf(env)).toEqual({
      version: 1,
      deviceId,
      tokens: {
        operator: {
          token: expect.stringMatching(/^[\w-]{43}$/),
          role: 'operator',
          scopes: expect.arrayContaining(['operator.admin', 'operator.pairing']),
          updatedAtMs: expect.any(Number),
        },
      },
    });
  });

  test('by several commands at once makes one device', async () => {
    const env = commandLine();
    const before = await pairedCount();
    const commands = Array.from({ length: 6 }, () => startEntry(['health'], { env: { ...env } }));
    expect(await Promise.all(commands.map(({ exited }) => exited))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await pairedCount()).toBe(before + 1);
    expect(tokensOf(env).deviceId).toBe(identityOf(env).deviceId);
    expect(commands.map(({ stderr }) => stderr()).join('')).toBe('');
    forgetSecret(env);
    expect((await status(env)).exitCode).toBe(0);
  });

  test('works without a device where none can be stored', async () => {
    const env = commandLine();
    writeFileSync(join(env.PLLAN_STATE_DIR, 'identity'), 'in the way');
    expect((await status(env)).exitCode).toBe(0);
    const elsewhere = {
      ...env,
      PLLAN_STATE_DIR: '/proc/no-such-place',
      PLLAN_CONFIG_PATH: join(env.PLLAN_STATE_DIR, 'pllan.json'),
    };
    expect((await status(elsewhere)).exitCode).toBe(0);
  });

  test('works with a new identity where the stored one is broken, and says so', async () => {
    const env = commandLine();
    mkdirSync(join(env.PLLAN_STATE_DIR, 'identity'));
    writeFileSync(join(env.PLLAN_STATE_DIR, 'identity', 'device.json'), '{"version":1,');
    const { exitCode, stdout, stderr } = await status(env);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rpc: { ok: true } });
    expect(stderr).toContain('this device has a new identity');
  });

  test('to a gateway that --url names leaves no token behind', async () => {
    const env = environmentWith({});
    const run = await cli(['health', '--url', gateway.wsUrl, '--token', TOKEN], { env });
    expect(run.exitCode).toBe(0);
    expect(existsSync(join(env.PLLAN_STATE_DIR, 'identity', 'device-auth.json'))).toBe(false);
  });

  test('that nobody answers makes no identity', async () => {
    const env = environmentWith({ gateway: { port: 1 } });
    expect((await cli(['health'], { env })).exitCode).toBe(1);
    expect(existsSync(join(env.PLLAN_STATE_DIR, 'identity'))).toBe(false);
  });
});

describe('the own token', () => {
  test.each([
    ['a wrong secret', 'wrong-token'],
    ['no secret', undefined],
  ])('does with %s', async (_what, secret) => {
    const env = commandLine();
    await status(env);
    forgetSecret(env, secret);
    expect(JSON.parse((await status(env)).stdout)).toMatchObject({
      rpc: { ok: true, capability: 'admin_capable' },
    });
  });

  test('does not rescue a token that was typed', async () => {
    const env = commandLine();
    await status(env);
    const { exitCode, stderr } = await cli(['health', '--token', 'wrong-token'], { env });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('unauthorized: gateway token mismatch');
    expect(stderr).toContain('Fix: pass --token, or correct the token in the config');
    expect(stderr).not.toContain('wrong-token');
  });

  test('asks for what it allows when it was narrowed', async () => {
    const env = commandLine();
    await status(env);
    const path = join(env.PLLAN_STATE_DIR, 'identity', 'device-auth.json');
    const { deviceId } = identityOf(env);
    const rotated = await admin.call('device.token.rotate', {
      deviceId,
      role: 'operator',
      scopes: ['operator.read'],
    });
    const { token, scopes } = rotated.payload as { token: string; scopes: string[] };
    const operator = { token, role: 'operator', scopes, updatedAtMs: 1 };
    writeFileSync(path, JSON.stringify({ version: 1, deviceId, tokens: { operator } }));
    forgetSecret(env);
    expect(JSON.parse((await status(env)).stdout)).toMatchObject({
      rpc: { ok: true, capability: 'read_only' },
    });
  });

  test('that was revoked is dropped; the secret then gives a new one', async () => {
    const env = commandLine();
    await status(env);
    const { deviceId } = identityOf(env);
    const { token } = tokensOf(env).tokens.operator ?? {};
    await admin.call('device.token.revoke', { deviceId, role: 'operator' });
    forgetSecret(env);
    const { exitCode, stderr } = await cli(['health'], { env });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('unauthorized: device token mismatch');
    expect(stderr).toContain('no longer works and was dropped');
    expect(tokensOf(env).tokens).toEqual({});
    forgetSecret(env, TOKEN);
    expect((await status(env)).exitCode).toBe(0);
    expect(tokensOf(env).tokens.operator?.token).not.toBe(token);
  });

  test('that was revoked leaves the wrong secret as what is to be mended', async () => {
    const env = commandLine();
    await status(env);
    await admin.call('device.token.revoke', { deviceId: identityOf(env).deviceId, role: 'operator' });
    forgetSecret(env, 'wrong-token');
    const { stderr } = await cli(['health'], { env });
    expect(stderr).toContain('unauthorized: gateway token mismatch');
    expect(tokensOf(env).tokens).toEqual({});
  });
});

describe('a gateway that asks its owner first', () => {
  let strict: TestGateway;
  let owner: ControlClient;
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
    owner = await connectControl(strict.wsUrl);
  });
  afterAll(() => strict.stop());

  const pendingId = async (deviceId: string): Promise<string> => {
    const { payload } = await owner.call('device.pair.list');
    const pending = payload?.pending as { requestId: string; deviceId: string }[];
    return pending.find((request) => request.deviceId === deviceId)?.requestId ?? '';
  };

  test('a command says which request waits and how to approve it, and works afterwards', async () => {
    const env = commandLine(TOKEN, strict);
    const { exitCode, stderr } = await cli(['health'], { env });
    const requestId = await pendingId(identityOf(env).deviceId);
    expect(exitCode).toBe(1);
    expect(stderr.split('\n').slice(0, 4)).toEqual([
      'gateway connect failed: gateway closed (1008 policy violation): pairing required: device is not approved yet',
      `Request: ${requestId}`,
      `Fix: Approve this device from the gateway host: pllan devices approve ${requestId}`,
      `Gateway target: ${strict.wsUrl}`,
    ]);
    await owner.call('device.pair.approve', { requestId });
    expect((await cli(['health'], { env })).exitCode).toBe(0);
  });

  test('programs get the code and the request', async () => {
    const env = commandLine(TOKEN, strict);
    const { stdout } = await cli(['health', '--json'], { env });
    const requestId = await pendingId(identityOf(env).deviceId);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: 'NOT_PAIRED', details: { code: 'PAIRING_REQUIRED', requestId } },
    });
  });

  test('gateway status tells it apart', async () => {
    const env = commandLine(TOKEN, strict);
    const { stdout } = await cli(['gateway', 'status'], { env });
    expect(stdout).toMatch(
      /RPC probe: failed\n {2}gateway connect failed: gateway closed .*pairing required.*\n {2}Request: .*\n {2}Fix: .*\nCapability: pairing-pending\n/,
    );
  });
});
