import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openEmbeddedStore } from '../../../src/primary/store/embedded.js';
import { logFileName } from '../../../src/shared/paths.js';
import type { SessionKey } from '../../../src/shared/store/records.js';
import { VERSION } from '../../../src/shared/version.js';
import { startFor, TOKEN } from '../../support/gateway.js';
import { cli, environmentWith, lockAsGateway } from '../support/cli.js';
import { freePort, refuse, startFakeGateway } from '../support/fake-gateway.js';

const facts = {
  runtimeVersion: '9.9.9',
  pid: 4242,
  heartbeat: { defaultAgentId: 'main', agents: [{ agentId: 'main', enabled: true, every: '30m' }] },
  channelSummary: ['Telegram: configured'],
  queuedSystemEvents: ['x'],
  sessions: {
    count: 2,
    defaults: { model: 'm-1', contextTokens: 200_000 },
    recent: [
      {
        key: 'agent:main:main',
        kind: 'direct',
        updatedAt: Date.now() - 7_500_000,
        model: 'm-1',
        totalTokens: 30,
      },
    ],
    byAgent: [{ agentId: 'main', count: 2 }],
  },
};
const deep = {
  health: { agents: [{ agentId: 'main', isDefault: true }] },
  'system-presence': [{ host: 'box', mode: 'cli', reason: 'connect' }],
  'last-heartbeat': { status: 'sent', ts: 1 },
};

/** A row of the overview. */
const row = (stdout: string, name: string): string | undefined =>
  stdout
    .split('\n')
    .find((line) => line.startsWith(`${name}  `))
    ?.slice(name.length)
    .trim();

test('shows what the gateway tells, and asks nothing else', async () => {
  const { port, requests } = await startFakeGateway({ answers: { status: facts } });
  const { exitCode, stdout, stderr } = await cli(['status'], { env: environmentWith({ gateway: { port } }) });
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(row(stdout, 'Dashboard')).toBe(`http://127.0.0.1:${port}/`);
  expect(row(stdout, 'Gateway')).toMatch(
    new RegExp(`^local · ws://127.0.0.1:${port} \\(local loopback\\) · reachable \\d+ms$`),
  );
  expect(row(stdout, 'Gateway service')).toContain('not installed · running (pid 4242)');
  expect(row(stdout, 'Tailscale')).toBe('off');
  expect(row(stdout, 'Channel')).toBe(`stable (${VERSION})`);
  expect(row(stdout, 'Agents')).toBe('main (default)');
  expect(row(stdout, 'Probes')).toBe('skipped (use --deep)');
  expect(row(stdout, 'Channels')).toBe('Telegram: configured');
  expect(row(stdout, 'Events')).toBe('1 queued');
  expect(row(stdout, 'Heartbeat')).toBe('30m (main)');
  expect(row(stdout, 'Sessions')).toBe('2 active · default m-1 (200k ctx)');
  expect(stdout).toContain('direct  agent:main:main  2h   m-1    30      -\n');
  expect(stdout).toMatch(
    /Next steps:\n- pllan gateway status\n- pllan logs --follow\n- pllan channels status --probe\n$/,
  );
  expect(requests.map(({ method }) => method)).toEqual(['connect', 'status']);
});

test('--deep asks more, and says what was not told', async () => {
  const { port, requests } = await startFakeGateway({ answers: { status: facts, ...deep } });
  const { stdout } = await cli(['status', '--deep'], { env: environmentWith({ gateway: { port } }) });
  expect(stdout).toContain('\nHealth\nAgents: main (default)\n');
  expect(stdout).toContain('\nNot told:\n- channels.status: unknown method: channels.status\n');
  expect(row(stdout, 'Heartbeat')).toMatch(/^30m \(main\), last sent \d+d ago$/);
  expect(requests.find(({ method }) => method === 'health')?.params).toEqual({ probe: true });
});

test('gives programs one document', async () => {
  const { port } = await startFakeGateway({
    answers: { status: facts, ...deep, 'usage.status': { providers: [] } },
  });
  const words = ['status', '--json', '--deep', '--usage'];
  const { stdout } = await cli(words, { env: environmentWith({ gateway: { port } }) });
  const { heartbeat, channelSummary, queuedSystemEvents, sessions } = facts;
  expect(JSON.parse(stdout)).toMatchObject({
    runtimeVersion: '9.9.9',
    heartbeat,
    channelSummary,
    queuedSystemEvents,
    sessions,
    os: { platform: process.platform, arch: process.arch },
    gateway: {
      mode: 'local',
      url: `ws://127.0.0.1:${port}`,
      urlSource: 'local loopback',
      misconfigured: false,
      reachable: true,
      connectLatencyMs: expect.any(Number),
      error: null,
    },
    gatewayService: { installed: false, loadedText: 'not installed', runtimeShort: 'running (pid 4242)' },
    agents: { defaultId: 'main', agents: [{ id: 'main', sessions: 2 }], totalSessions: 2 },
    health: deep.health,
    lastHeartbeat: deep['last-heartbeat'],
    usage: { providers: [] },
    secretDiagnostics: [],
  });
});

test('a real gateway is asked only for what it has', async (context) => {
  const gateway = await startFor(context);
  const env = environmentWith({ gateway: { port: gateway.port, auth: { mode: 'token', token: TOKEN } } });
  const { stdout } = await cli(['status', '--deep', '--usage', '--json'], { env });
  expect(JSON.parse(stdout)).toMatchObject({
    gateway: { reachable: true, authMode: 'token', self: { version: VERSION } },
    gatewayService: { runtimeShort: `running (pid ${gateway.pid})` },
    problems: [],
  });
});

describe('a gateway that cannot be asked', () => {
  test('is shown with what the files say, exit 0', async () => {
    const port = await freePort();
    const env = environmentWith({ gateway: { port }, agents: { list: [{ id: 'ops' }] } });
    const store = openEmbeddedStore(join(env.PLLAN_STATE_DIR, 'store'));
    const entry = { sessionId: 's', updatedAt: 1 };
    await store.commit([{ type: 'session', key: 'agent:ops:main' as SessionKey, entry }]);
    await store.close();
    const { exitCode, stdout, stderr } = await cli(['status'], { env });
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(row(stdout, 'Gateway')).toContain('unreachable (gateway not reachable: connect ECONNREFUSED');
    expect(row(stdout, 'Gateway service')).toContain('stopped');
    expect(row(stdout, 'Agents')).toBe('ops (default)');
    expect(row(stdout, 'Sessions')).toBe('1 active');
    expect(stdout).toContain('- pllan gateway\n- pllan gateway status\n- pllan logs --follow\n');
  });

  test('for want of the secret: says what to do', async () => {
    const { port } = await startFakeGateway({ token: 'right' });
    const { stdout } = await cli(['status', '--json'], { env: environmentWith({ gateway: { port } }) });
    expect(JSON.parse(stdout)).toMatchObject({
      gateway: { reachable: false, error: expect.stringContaining('gateway token mismatch') },
      gatewayService: { runtimeShort: 'unknown' },
    });
  });

  test('although it runs: is shown to, and need not be started', async () => {
    const { port } = await startFakeGateway({ token: 'right' });
    const env = environmentWith({});
    lockAsGateway(env, port);
    const { stdout } = await cli(['status'], { env });
    expect(row(stdout, 'Gateway')).toContain('gateway token mismatch');
    expect(row(stdout, 'Gateway service')).toContain(`running (pid ${process.pid})`);
  });

  test('for want of an address: is misconfigured', async () => {
    const env = environmentWith({ gateway: { mode: 'remote' } });
    const { exitCode, stdout } = await cli(['status', '--json'], { env });
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      gateway: { mode: 'remote', url: null, misconfigured: true, reachable: false },
    });
  });

  test('a question that is refused is no failure', async () => {
    const { port } = await startFakeGateway({
      answers: { status: (socket, request) => refuse(socket, request, 'missing scope: operator.read') },
    });
    const { exitCode, stdout } = await cli(['status'], { env: environmentWith({ gateway: { port } }) });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('- status: missing scope: operator.read\n');
  });
});

test('--all is a report to paste: trouble in the log, no secrets', async () => {
  const port = await freePort();
  const secret = 'a-secret-that-must-not-show';
  const env = environmentWith({ gateway: { port, auth: { token: secret }, bogus: 1 } });
  const logs = join(env.PLLAN_STATE_DIR, 'logs');
  mkdirSync(logs);
  const line = (level: string, message: string): string =>
    `${JSON.stringify({ time: 't', level, subsystem: 'ws', message })}\n`;
  appendFileSync(
    join(logs, logFileName(new Date())),
    `${line('info', 'fine')}${line('error', 'bad\u001B[2J')}not JSON\n`,
  );
  const { exitCode, stdout } = await cli(['status', '--all'], { env });
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`Version: ${VERSION}\n`);
  expect(stdout).toContain('Config: ~/pllan.json · invalid (1 issue)\n- gateway.bogus: unknown key\n');
  expect(stdout).toContain(`Port ${port}: free\n`);
  expect(stdout).toContain('\nt error [ws] bad [2J\n');
  expect(stdout).toContain('- The config is invalid: a gateway does not start from it.\n');
  expect(stdout).not.toContain(secret);
  expect(stdout).not.toContain('fine');
});
