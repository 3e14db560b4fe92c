import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbeddedStore } from '../../../src/primary/store/embedded.js';
import type { Change } from '../../../src/primary/store/store.js';
import type { SessionKey } from '../../../src/shared/store/records.js';
import { cli, environmentWith, temporaryHome } from '../support/cli.js';
import { startFakeGateway } from '../support/fake-gateway.js';

const list = { totalCount: 1, sessions: [{ key: 'agent:main:main', kind: 'direct' }] };

test.each([[['sessions']], [['sessions', 'list']]])('%j shows a table', async (words) => {
  const { port } = await startFakeGateway({ answers: { 'sessions.list': list } });
  const { exitCode, stdout } = await cli(words, { env: environmentWith({ gateway: { port } }) });
  expect(exitCode).toBe(0);
  expect(stdout.split('\n')[1]).toBe('direct  agent:main:main  -    -      -       -');
});

test('gives programs the list as it came, and asks for what its options say', async () => {
  const { port, requests } = await startFakeGateway({ answers: { 'sessions.list': list } });
  const words = ['sessions', '--json', '--active', '5', '--agent', 'main', '--limit', '7'];
  const { stdout } = await cli(words, { env: environmentWith({ gateway: { port } }) });
  expect(JSON.parse(stdout)).toEqual(list);
  expect(requests.at(-1)).toMatchObject({
    method: 'sessions.list',
    params: { activeMinutes: 5, agentId: 'main', limit: 7 },
  });
});

test.each([
  [['--active', 'x'], 'Invalid --active (use a number of minutes)'],
  [['--limit', '0'], 'Invalid --limit (use a number of sessions)'],
  [['--agent', 'a', '--all-agents'], 'Use either --agent or --all-agents'],
])('refuses %j', async (options, message) => {
  const { exitCode, stderr } = await cli(['sessions', ...options], { env: environmentWith({}) });
  expect(exitCode).toBe(1);
  expect(stderr).toContain(message);
});

test('--store reads one, and asks no gateway', async () => {
  const env = environmentWith({});
  const path = join(temporaryHome(), 'store');
  const store = openEmbeddedStore(path);
  const put = (key: string, entry: object): Change => ({
    type: 'session',
    key: key as SessionKey,
    entry: { sessionId: key, updatedAt: Date.now(), ...entry },
  });
  await store.commit([
    put('agent:main:old', { updatedAt: 1, model: 'm' }),
    put('agent:main:main', {}),
    put('agent:ops:main', {}),
    put('agent:main:gone', { archived: true }),
  ]);
  await store.close();
  const run = async (...options: string[]): Promise<unknown> => {
    const { stdout } = await cli(['sessions', '--store', path, '--json', ...options], { env });
    const { sessions, ...rest } = JSON.parse(stdout) as { sessions: { key: string }[] };
    return { ...rest, keys: sessions.map(({ key }) => key) };
  };
  expect(await run('--agent', 'main')).toEqual({
    ts: expect.any(Number),
    path,
    count: 2,
    totalCount: 2,
    limitApplied: 100,
    hasMore: false,
    keys: ['agent:main:main', 'agent:main:old'],
  });
  expect(await run('--agent', 'main', '--active', '5')).toMatchObject({ keys: ['agent:main:main'] });
  expect(await run('--limit', '1')).toMatchObject({ count: 1, totalCount: 3, hasMore: true });
  const { stdout } = await cli(['sessions', '--store', path], { env });
  expect(stdout).toMatch(/^Kind +Key +Age +Model +Tokens +Flags\n/);
  const missing = await cli(['sessions', '--store', `${path}-x`], { env });
  expect([missing.exitCode, missing.stderr]).toEqual([1, `--store ${path}-x is not there\n`]);
});
