/** What people read at a command when its gateway does not answer, or not as it should (operations.md §12). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { cuttingProxy } from '../../support/cutting-proxy.js';
import { startEntry, type EntryProcess } from '../../support/entry-process.js';
import { cleanEnvironment, freePort, startGateway, temporaryDir, TOKEN } from '../../support/gateway.js';
import type { TestGateway } from '../../support/gateway.js';
import { waitFor, within } from '../../support/wait-for.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({
    env: { PLLAN_HANDSHAKE_TIMEOUT_MS: '3000', PLLAN_TEST_TICK_MS: '1500' },
  });
});
afterAll(() => gateway.stop());

const device = temporaryDir();
function pllan(port: number, ...command: string[]): EntryProcess {
  const where = command.includes('--token') ? [] : ['--token', TOKEN];
  const args = [...command, '--url', `ws://127.0.0.1:${port}`, ...where];
  return startEntry(args, { env: cleanEnvironment(device) });
}
async function run(port: number, ...command: string[]) {
  const { exited, stdout, stderr } = pllan(port, ...command);
  const code = await within(command.join(' '), exited);
  return { code, stdout: stdout(), stderr: stderr() };
}

/** As a machine that sleeps, or a debugger: its connections stay, and nobody answers. */
async function whileStopped(what: () => Promise<void>): Promise<void> {
  process.kill(gateway.pid, 'SIGSTOP');
  try {
    await what();
  } finally {
    process.kill(gateway.pid, 'SIGCONT');
  }
}

/** A whole close frame of a client (RFC 6455 §5.5.1). */
function closeOf(said: readonly Buffer[]): { code: number; reason: string } | undefined {
  const frame = said.find(([first]) => first === 0x88);
  if (!frame) return undefined;
  const mask = frame.subarray(2, 6);
  const body = Buffer.from(frame.subarray(6).map((byte, at) => byte ^ (mask[at % 4] ?? 0)));
  return { code: body.readUInt16BE(0), reason: body.toString('utf8', 2) };
}

it('`tick timeout`: a gateway that is stopped is given up with 4000, and found again', async (test) => {
  const said: Buffer[] = [];
  const way = await cuttingProxy(gateway.port, (chunk) => said.push(chunk) > 0);
  test.onTestFinished(way.stop);
  const other = await connectControl(gateway.wsUrl);
  test.onTestFinished(() => other.socket.terminate());
  const agent = pllan(way.port, 'agent', '--agent', 'main', '--message', '/wait 2000');
  await other.frame('the turn', ({ event }) => event === 'agent');
  await whileStopped(async () => {
    await waitFor('the end of its patience', () => agent.stderr() !== '');
    expect(agent.stderr()).toMatch(
      /^Connection lost \(gateway closed \(4000\): tick timeout\); connecting again\.\n/,
    );
    expect(closeOf(said)).toEqual({ code: 4000, reason: 'tick timeout' });
  });
  expect(await within('the answer', agent.exited)).toBe(0);
  expect(agent.stdout()).toContain('/wait 2000');
});

it('`gateway timeout after Nms`, `Connect: failed`: a gateway that is stopped', async () => {
  await whileStopped(async () => {
    const [health, probe] = await Promise.all([
      run(gateway.port, 'health', '--timeout', '1000'),
      run(gateway.port, 'gateway', 'probe', '--timeout', '1000'),
    ]);
    expect(health).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^gateway timeout after 1000ms\n/),
    });
    expect(probe.code).toBe(1);
    expect(probe.stdout).toContain('  Connect: failed - gateway timeout after 1000ms\n');
  });
});

it('`Connect: failed`: nobody is there', async () => {
  const port = await freePort();
  const { code, stdout } = await run(port, 'gateway', 'probe');
  expect(code).toBe(1);
  expect(stdout).toContain(
    `  Connect: failed - gateway not reachable: connect ECONNREFUSED 127.0.0.1:${port}\n`,
  );
});

it('`gateway closed (1000 …): no close reason`: a way on which the handshake takes too long', async (test) => {
  const way = await cuttingProxy(gateway.port, (said) => said.includes('Upgrade: websocket'));
  test.onTestFinished(way.stop);
  const { code, stderr } = await run(way.port, 'health');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^gateway closed \(1000 normal closure\): no close reason\n/);
  await waitFor('the log', () => logged('gateway connect failed: handshake timeout'));
});

it('`gateway connect failed:`, `unauthorized`: a wrong secret', async () => {
  const { code, stderr } = await run(gateway.port, 'health', '--token', 'another');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^gateway connect failed: gateway closed \(1008 policy violation\): unauthorized: gateway token mismatch /,
  );
  await waitFor('the log', () => logged('gateway connect failed: unauthorized: gateway token mismatch '));
});

function logged(start: string): boolean {
  return gateway.logLines().some(({ message }) => String(message).startsWith(start));
}
