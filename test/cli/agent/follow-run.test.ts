/** `pllan agent` as a process against a real gateway: connections, gateways and patience end while a run goes on. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test, type TestContext } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { startEntry, type EntryProcess } from '../../support/entry-process.js';
import {
  cleanEnvironment,
  startFor,
  temporaryDir,
  writeConfig,
  type TestGateway,
} from '../../support/gateway.js';
import { newKey } from '../../support/session-calls.js';
import { waitFor, within } from '../../support/wait-for.js';

/** A command line with a state dir of its own. */
function agent(port: number, ...words: string[]): EntryProcess {
  const stateDir = temporaryDir();
  writeConfig(stateDir);
  const env = cleanEnvironment(stateDir, { PLLAN_GATEWAY_PORT: String(port) });
  return startEntry(['agent', ...words], { env });
}

/** Resolves when a run of the session has begun, and has said this. */
async function begun(gateway: TestGateway, key: string, words = ''): Promise<void> {
  const client = await connectControl(gateway.wsUrl);
  await waitFor('the run', async () => {
    const { payload } = await client.call('chat.history', { sessionKey: key });
    const run = payload?.inFlightRun as { startedAt?: number; text: string } | undefined;
    return run?.startedAt !== undefined && run.text.startsWith(words);
  });
  await client.close();
}

/** Passes everything on to the gateway until it is cut. */
async function wire({ onTestFinished }: TestContext, target: number) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const behind = connect(target, '127.0.0.1');
    for (const end of [socket, behind]) {
      sockets.add(end);
      end.on('error', () => {}).on('close', () => sockets.delete(end));
    }
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  onTestFinished(() => {
    cut();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, cut };
}

test('a run is answered with its text', async (context) => {
  const gateway = await startFor(context);
  const run = agent(gateway.port, '-m', 'Hello there', '--agent', 'main');
  expect([await run.exited, run.output()]).toEqual([0, 'Hello there\n']);
});

test('a lost connection loses nothing of a run', async (context) => {
  const gateway = await startFor(context);
  const { port, cut } = await wire(context, gateway.port);
  const key = newKey();
  const run = agent(port, '-m', '/wait 1000', '--session-key', key);
  await begun(gateway, key);
  cut();
  expect(await run.exited).toBe(0);
  expect(run.stdout()).toBe('done /wait 1000\n');
  expect(run.stderr()).toContain('connecting again');
  const client = await connectControl(gateway.wsUrl);
  const { payload } = await client.call('chat.history', { sessionKey: key });
  expect(payload?.messages).toHaveLength(2);
  await client.close();
});

test('a gateway that dies and comes back tells that the run was interrupted', async (context) => {
  const stateDir = temporaryDir();
  const first = await startFor(context, { stateDir });
  const key = newKey();
  const run = agent(first.port, '-m', '/wait 60000', '--session-key', key);
  await begun(first, key);
  first.child.kill('SIGKILL');
  await within('death', first.exited);
  await startFor(context, { stateDir, port: first.port });
  expect([await run.exited, run.stdout()]).toEqual([1, '']);
  expect(run.stderr()).toMatch(/^Connection lost .*\ninterrupted: .*\n$/);
});

test('a gateway that comes back without the run does not let it wait', async (context) => {
  const first = await startFor(context, { stateDir: temporaryDir() });
  const key = newKey();
  const run = agent(first.port, '-m', '/wait 60000', '--session-key', key);
  await begun(first, key);
  first.child.kill('SIGKILL');
  await within('death', first.exited);
  await startFor(context, { port: first.port });
  expect([await run.exited, run.stdout()]).toEqual([1, '']);
  expect(run.stderr()).toContain('the gateway was restarted and does not know run');
});

test('Ctrl-C stops the run on the gateway', async (context) => {
  const gateway = await startFor(context);
  const key = newKey();
  const run = agent(gateway.port, '-m', '/trickle 1000 20', '--session-key', key);
  await begun(gateway, key, 'word0 ');
  run.child.kill('SIGINT');
  expect(await run.exited).toBe(1);
  expect(run.stdout()).toMatch(/^word0\b/);
  expect(run.stderr()).toBe('Stopping the run; Ctrl-C again leaves it.\nRun aborted (rpc).\n');
  const client = await connectControl(gateway.wsUrl);
  expect((await client.call('chat.history', { sessionKey: key })).payload?.inFlightRun).toBeUndefined();
  await client.close();
});

test('a gateway that stops ends the run, and the command with it', async (context) => {
  const gateway = await startFor(context);
  const key = newKey();
  const run = agent(gateway.port, '-m', '/wait 60000', '--session-key', key);
  await begun(gateway, key);
  gateway.child.kill('SIGTERM');
  await waitFor('draining', () => gateway.output().includes('received SIGTERM; shutting down'));
  gateway.child.kill('SIGTERM');
  expect([await run.exited, run.stderr()]).toEqual([1, 'Run aborted (restart).\n']);
});
