import { expect, test } from 'vitest';
import { cli, environmentWith } from '../support/cli.js';
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
