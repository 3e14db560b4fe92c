/** A state dir whose path does not fit a socket address: the tunnel's socket is in the lock dir instead. */
import { mkdirSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isAlive, startFor, temporaryDir, type TestGateway } from '../support/gateway.js';
import { openRaw, rawChat, rawRequest } from '../support/raw-connection.js';
import { waitFor } from '../support/wait-for.js';

function longStateDir(): string {
  const dir = join(temporaryDir(), 'long'.repeat(30));
  mkdirSync(dir);
  return dir;
}

function socketsIn(tmp: string): string[] {
  return readdirSync(join(tmp, `pllan-${userInfo().uid}`)).filter((name) => name.endsWith('.sock'));
}

/** What comes second on a worker's connection goes through the tunnel. */
async function expectTunnel(gateway: TestGateway): Promise<void> {
  const connection = await openRaw(gateway.port);
  await connection.write(rawChat('hello'));
  await connection.answered(1);
  await connection.write(rawRequest({ path: '/healthz' }));
  expect((await connection.answered(2))[1]).toMatchObject({ status: 200 });
  connection.destroy();
}

it('a socket that a killed gateway left is replaced by the next start, and gone after a stop', async (test) => {
  const env = { TMPDIR: temporaryDir() };
  const stateDir = longStateDir();
  const killed = await startFor(test, { stateDir, env });
  const workers = killed.workers();
  killed.child.kill('SIGKILL');
  await waitFor('end of the workers', () => !workers.some(isAlive));
  expect(socketsIn(env.TMPDIR)).toHaveLength(1);

  const successor = await startFor(test, { stateDir, env });
  expect(socketsIn(env.TMPDIR)).toHaveLength(1);
  await expectTunnel(successor);
  expect(await successor.stop()).toBe(0);
  expect(socketsIn(env.TMPDIR)).toEqual([]);
});

it('the socket of another gateway that lives is left alone', async (test) => {
  const env = { TMPDIR: temporaryDir() };
  const first = await startFor(test, { stateDir: longStateDir(), env });
  const second = await startFor(test, { stateDir: longStateDir(), env });
  for (const gateway of [first, second]) await expectTunnel(gateway);
  expect(await second.stop()).toBe(0);
  expect(socketsIn(env.TMPDIR)).toHaveLength(1);
  await expectTunnel(first);
});
