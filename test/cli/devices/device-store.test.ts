/** `pllan devices` while the gateway does not run: the store, under the gateway's lock. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, type TestContext } from 'vitest';
import { connectDevice, createDevice, type DeviceParams, type TestDevice } from '../../support/device.js';
import { startEntry } from '../../support/entry-process.js';
import {
  cleanEnvironment,
  freePort,
  startFor,
  temporaryDir,
  TOKEN,
  type TestGateway,
} from '../../support/gateway.js';

const headers = { 'x-forwarded-for': '203.0.113.9' };
const visitor: DeviceParams = {
  client: { id: 'openclaw-tui', mode: 'ui', platform: 'linux' },
  scopes: ['operator.read'],
  auth: { token: TOKEN },
};

/** A device that waits, in the store of a gateway that has stopped. */
async function leaveWaiting(
  context: TestContext,
  stateDir: string,
): Promise<{ device: TestDevice; id: string }> {
  const gateway = await startFor(context, { stateDir });
  const device = createDevice();
  const waiting = await connectDevice(gateway.wsUrl, device, visitor, { headers });
  await gateway.stop();
  return { device, id: waiting.answer.error?.details?.requestId as string };
}

async function devices(stateDir: string, port: number, ...words: string[]) {
  const env = cleanEnvironment(stateDir, { PLLAN_GATEWAY_PORT: String(port) });
  const child = startEntry(['devices', ...words], { env });
  return { exitCode: await child.exited, stdout: child.stdout(), stderr: child.stderr() };
}

const connect = (gateway: TestGateway, device: TestDevice) =>
  connectDevice(gateway.wsUrl, device, visitor, { headers });

test('waiting devices are listed and approved, and find that so when the gateway is back', async (context) => {
  const stateDir = temporaryDir();
  const { device, id } = await leaveWaiting(context, stateDir);
  const port = await freePort();

  const listed = await devices(stateDir, port, 'list');
  expect([listed.exitCode, listed.stderr]).toEqual([0, 'The gateway does not run: this is its store.\n']);
  expect(listed.stdout).toContain(`  Request: ${id}\n  Device: ${device.id}\n`);

  const approved = await devices(stateDir, port, 'approve', '--latest', '--json');
  expect(approved.exitCode).toBe(0);
  expect(JSON.parse(approved.stdout)).toMatchObject({
    requestId: id,
    device: { deviceId: device.id, approvedVia: 'owner', tokens: [] },
  });
  expect(await devices(stateDir, port, 'approve', id)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('unknown requestId\n'),
  });
  expect(readdirSync(stateDir).filter((name) => name.endsWith('.lock'))).toEqual([]);

  const gateway = await startFor(context, { stateDir });
  const entered = await connect(gateway, device);
  expect(entered.answer.ok).toBe(true);
  await entered.close();
});

test('what needs the gateway says that it is not there', async () => {
  const run = await devices(temporaryDir(), await freePort(), 'remove', 'x');
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^gateway not reachable: /) });
});

test('where no gateway has run there is no store, and none is made', async () => {
  const stateDir = temporaryDir();
  const run = await devices(stateDir, await freePort(), 'list');
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^gateway not reachable: /) });
  expect(existsSync(join(stateDir, 'store'))).toBe(false);
});

test('a gateway that runs elsewhere keeps its store to itself', async (context) => {
  const gateway = await startFor(context, { stateDir: temporaryDir() });
  const run = await devices(gateway.stateDir, await freePort(), 'list');
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toMatch(/^gateway not reachable: /);
  expect(run.stderr).toContain(
    `Its store cannot be used either: gateway already running (pid ${gateway.pid})`,
  );
  expect(run.stderr).toContain(`port ${gateway.port}`);
});
