import { describe, expect, test } from 'vitest';
import { cli, environmentWith } from '../support/cli.js';
import { freePort, refuse, startFakeGateway } from '../support/fake-gateway.js';

const snapshot = {
  ok: true,
  agents: [{ agentId: 'main', isDefault: true }],
  workers: { configured: 2, ready: 2 },
};

describe('pllan health', () => {
  test('shows the snapshot to people', async () => {
    const { port } = await startFakeGateway({ answers: { health: snapshot } });
    const run = await cli(['health'], { env: environmentWith({ gateway: { port } }) });
    expect(run).toMatchObject({
      exitCode: 0,
      stdout: 'Agents: main (default)\nWorkers: 2 of 2 ready\n',
      stderr: '',
    });
  });

  test('gives programs the snapshot as it came', async () => {
    const { port } = await startFakeGateway({ answers: { health: snapshot } });
    const { stdout } = await cli(['health', '--json'], { env: environmentWith({ gateway: { port } }) });
    expect(JSON.parse(stdout)).toEqual(snapshot);
  });

  test.each([
    [[], {}],
    [['--verbose'], { probe: true }],
  ])('with %j it asks with %j', async (options, params) => {
    const { port, requests } = await startFakeGateway({ answers: { health: snapshot } });
    await cli(['health', ...options], { env: environmentWith({ gateway: { port } }) });
    expect(requests.at(-1)).toMatchObject({ method: 'health', params });
  });

  test('works with an invalid config and says what is wrong with it on stderr', async () => {
    const { port } = await startFakeGateway({ answers: { health: snapshot } });
    const { exitCode, stdout, stderr } = await cli(['health', '--json'], {
      env: environmentWith({ gateway: { port, bogus: 1 } }),
    });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual(snapshot);
    expect(stderr).toBe('Config issues: gateway.bogus: unknown key\n');
  });
});

describe('a gateway that gives no health', () => {
  test('unreachable: exit 1 with what was tried', async () => {
    const port = await freePort();
    const env = environmentWith({ gateway: { port } });
    const { exitCode, stdout, stderr } = await cli(['health'], { env });
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr.split('\n')).toEqual([
      `gateway not reachable: connect ECONNREFUSED 127.0.0.1:${port}`,
      `Gateway target: ws://127.0.0.1:${port}`,
      'Source: local loopback',
      'Config: ~/pllan.json',
      'Bind: loopback',
      '',
    ]);
  });

  test('unreachable with --json: one document on stdout', async () => {
    const port = await freePort();
    const { stdout } = await cli(['health', '--json'], { env: environmentWith({ gateway: { port } }) });
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      error: { message: `gateway not reachable: connect ECONNREFUSED 127.0.0.1:${port}` },
    });
  });

  test('an error of the gateway is shown in its own words', async () => {
    const { port } = await startFakeGateway({
      answers: { health: (socket, request) => refuse(socket, request, 'collection timed out') },
    });
    const { exitCode, stderr } = await cli(['health'], { env: environmentWith({ gateway: { port } }) });
    expect([exitCode, stderr]).toEqual([1, 'collection timed out\n']);
  });

  test('no answer: ends after the timeout', async () => {
    const { port } = await startFakeGateway({ answers: { health: () => {} } });
    const { exitCode, stderr } = await cli(['health', '--timeout', '150'], {
      env: environmentWith({ gateway: { port } }),
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^gateway timeout after 150ms\nGateway target: /);
  });
});
