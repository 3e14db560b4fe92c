/** `pllan system` against a server that answers from a table. */
import { expect, test } from 'vitest';
import { cli, environmentWith } from '../support/cli.js';
import { startFakeGateway } from '../support/fake-gateway.js';

test.each([
  [['event', '--text', 'Rain'], 'wake', { text: 'Rain', mode: 'next-heartbeat' }, { ok: true }, /^Told\.\n$/],
  [
    ['event', '--text', 'Fire', '--mode', 'now', '--session-key', 'k', '--agent', 'a'],
    'wake',
    { text: 'Fire', mode: 'now', sessionKey: 'k', agentId: 'a' },
    { ok: true },
    /^Told\.\n$/,
  ],
  [['heartbeat', 'last'], 'last-heartbeat', {}, {}, /^No heartbeat yet\.\n$/],
  [
    ['heartbeat', 'last'],
    'last-heartbeat',
    {},
    { ts: 1_000, status: 'skipped', reason: 'quiet-hours' },
    /^skipped, \d+d ago\n {2}reason: quiet-hours\n$/,
  ],
  [['heartbeat', 'enable'], 'set-heartbeats', { enabled: true }, { ok: true }, /^Heartbeats are on\.\n$/],
  [['heartbeat', 'disable'], 'set-heartbeats', { enabled: false }, { ok: true }, /^Heartbeats are off/],
  [['presence'], 'system-presence', {}, [], /^Nobody is there\.\n$/],
  [
    ['presence'],
    'system-presence',
    {},
    [{ host: 'bo\u001Bx', mode: 'ui', ts: 1_000 }],
    /^bo x {2}ui {2}\d+d ago\n$/,
  ],
] as const)('system %j', async (words, method, params, answer, said) => {
  const { port, requests } = await startFakeGateway({ answers: { [method]: answer } });
  const env = environmentWith({ gateway: { port } });
  const { exitCode, stdout } = await cli(['system', ...words], { env });
  expect(requests[1]).toMatchObject({ method, params });
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(said)]);
  const json = await cli(['system', ...words, '--json'], { env });
  expect(JSON.parse(json.stdout)).toEqual(answer);
});

test.each([
  [['event'], 'What is it to be told? Pass --text.'],
  [['event', '--text', 'x', '--mode', 'later'], 'Invalid --mode (use "now" or "next-heartbeat")'],
])('system %j is refused', async (words, message) => {
  expect(await cli(['system', ...words])).toMatchObject({ exitCode: 1, stderr: `${message}\n` });
});
