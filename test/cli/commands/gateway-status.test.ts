import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { cli, environmentWith, lockAsGateway } from '../support/cli.js';
import { freePort, startFakeGateway, startStranger } from '../support/fake-gateway.js';

const answers = { status: { pid: 4242 } };

function configFor(port: number, auth: object = { token: 't0ken' }): object {
  return { gateway: { mode: 'local', port, auth } };
}

describe('a gateway that answers', () => {
  test('people see what runs, where, and that it is reached', async () => {
    const { port, url } = await startFakeGateway({ token: 't0ken', answers });
    const env = environmentWith(configFor(port));
    const { exitCode, stdout, stderr } = await cli(['gateway', 'status'], { env });
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout.replace(/pllan-[\d-]+\.log/, 'pllan-DATE.log').split('\n')).toEqual([
      'Service: systemd (disabled)',
      `File logs: ${env.PLLAN_STATE_DIR}/logs/pllan-DATE.log`,
      '',
      'Config (cli): ~/pllan.json',
      '',
      `Gateway: bind=loopback (127.0.0.1), port=${port} (env/config)`,
      `Probe target: ${url}`,
      `Dashboard: ${url.replace('ws', 'http')}/`,
      'Probe note: Loopback-only gateway; only local clients can connect.',
      '',
      'Runtime: running (pid 4242, foreground)',
      'RPC probe: ok',
      'Capability: admin-capable',
      expect.stringMatching(/^Service not installed\. .*systemctl not available/),
      '',
      `Listening: 127.0.0.1:${port}`,
      '',
      'Troubles: run pllan status',
      `Troubleshooting: ${pathToFileURL('docs/troubleshooting.md').href}`,
      '',
    ]);
  });

  test('programs get one JSON document', async () => {
    const { port, url } = await startFakeGateway({ token: 't0ken', answers });
    const env = environmentWith(configFor(port));
    const { exitCode, stdout } = await cli(['gateway', 'status', '--json'], { env });
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('t0ken');
    expect(JSON.parse(stdout)).toEqual({
      logFile: expect.stringContaining(`${env.PLLAN_STATE_DIR}/logs/pllan-`),
      service: {
        label: 'systemd',
        loaded: false,
        loadedText: 'enabled',
        notLoadedText: 'disabled',
        runtime: { status: 'running', pid: 4242 },
      },
      serviceHints: [],
      managerProblem: {
        message: expect.stringContaining('systemctl not available'),
        hints: [expect.any(String)],
      },
      config: {
        cli: { path: `${env.PLLAN_STATE_DIR}/pllan.json`, exists: true, valid: true, issues: [] },
        mismatch: false,
      },
      gateway: {
        bindMode: 'loopback',
        bindHost: '127.0.0.1',
        port,
        portSource: 'env/config',
        probeUrl: url,
        dashboardUrl: `http://127.0.0.1:${port}/`,
        probeNote: 'Loopback-only gateway; only local clients can connect.',
      },
      port: {
        port,
        status: 'busy',
        listeners: [{ pid: process.pid, command: expect.any(String), address: `127.0.0.1:${port}` }],
        hints: [],
      },
      rpc: {
        ok: true,
        url,
        kind: 'connect',
        capability: 'admin_capable',
        server: { version: '9.9.9', connId: 'conn-1' },
      },
      extraServices: [],
    });
  });

  test('it introduces itself as the command line and a device, asking for protocol 4 and every scope', async () => {
    const { port, requests } = await startFakeGateway({ answers });
    await cli(['gateway', 'status'], { env: environmentWith(configFor(port)) });
    expect(requests.map(({ method }) => method)).toEqual(['connect', 'status']);
    expect(requests[0]?.params).toMatchObject({
      minProtocol: 4,
      maxProtocol: 4,
      client: { id: 'cli', mode: 'cli', platform: process.platform },
      role: 'operator',
      scopes: ['operator.admin', 'operator.read', 'operator.write', 'operator.approvals', 'operator.pairing'],
      auth: { token: 't0ken' },
    });
    expect(requests[0]?.params).toMatchObject({ device: { signedAt: 1, nonce: 'n' } });
  });

  test('the pid comes from the listeners when the gateway does not say it', async () => {
    const { port } = await startFakeGateway({ answers: { status: {} } });
    const { stdout } = await cli(['gateway', 'status'], { env: environmentWith(configFor(port)) });
    expect(stdout).toContain(`Runtime: running (pid ${process.pid}, foreground)`);
  });

  test('--no-probe does not connect', async () => {
    const { port, requests } = await startFakeGateway({ answers });
    const { exitCode, stdout } = await cli(['gateway', 'status', '--no-probe'], {
      env: environmentWith(configFor(port)),
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Runtime: running (pid ${process.pid}, foreground)`);
    expect(stdout).not.toContain('RPC probe');
    expect(requests).toEqual([]);
  });

  test('--url looks at the port of the URL', async () => {
    const { url, port } = await startFakeGateway({ token: '0123', answers });
    const { stdout } = await cli(['gateway', 'status', '--url', url, '--token', '0123'], {
      env: environmentWith('{}'),
    });
    expect(stdout).toContain(`Probe target: ${url}\n`);
    expect(stdout).toContain('RPC probe: ok\n');
    expect(stdout).toContain(`Listening: 127.0.0.1:${port}\n`);
  });
});

describe('a gateway that refuses', () => {
  test('it runs, the probe failed, and its own words say why', async () => {
    const { port } = await startFakeGateway({ token: 'other', answers });
    const { exitCode, stdout } = await cli(['gateway', 'status'], { env: environmentWith(configFor(port)) });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      `Runtime: running (pid ${process.pid}, foreground)\nRPC probe: failed\n  gateway connect failed: gateway closed (1008 policy violation): unauthorized: gateway token mismatch (a hint`,
    );
    expect(stdout).not.toContain('t0ken');
  });

  test('a connection without scopes is told apart', async () => {
    const { port } = await startFakeGateway({ scopes: [] });
    const { stdout } = await cli(['gateway', 'status'], { env: environmentWith(configFor(port)) });
    expect(stdout).toContain(
      'RPC probe: failed\n  unknown method: status\nCapability: connected-no-operator-scope\n',
    );
  });

  test('--require-rpc makes it a failure', async () => {
    const { port } = await startFakeGateway({ token: 'other' });
    const { exitCode } = await cli(['gateway', 'status', '--require-rpc'], {
      env: environmentWith(configFor(port)),
    });
    expect(exitCode).toBe(1);
  });
});

describe('a gateway that was given another port than the config says', () => {
  test('it is found, and whoever has the configured port is left alone', async () => {
    const { port } = await startFakeGateway({ token: 't0ken', answers });
    const other = await startFakeGateway({ answers });
    const env = environmentWith(configFor(other.port));
    lockAsGateway(env, port);
    const { stdout } = await cli(['gateway', 'status'], { env });
    expect(stdout).toContain(`port=${port} (running gateway)\nProbe target: ws://127.0.0.1:${port}\n`);
    expect(stdout).toContain('RPC probe: ok\n');
    expect((await cli(['gateway', 'call', 'status', '--json'], { env })).stdout).toContain('4242');
    expect((await cli(['gateway', 'probe'], { env })).stdout).toContain(
      `Local gateway: ws://127.0.0.1:${port}`,
    );
    expect(other.requests).toEqual([]);
  });

  test('a port in the environment, or another config, means another one', async () => {
    const { port } = await startFakeGateway({ token: 't0ken', answers });
    const away = await freePort();
    const env = environmentWith(configFor(port));
    lockAsGateway(env, away);
    const named = { ...env, PLLAN_GATEWAY_PORT: String(port) };
    const config = join(env.PLLAN_STATE_DIR, 'other.json');
    writeFileSync(config, JSON.stringify(configFor(port)));
    const other = { ...env, PLLAN_CONFIG_PATH: config };
    for (const environment of [named, other]) {
      const { stdout } = await cli(['gateway', 'status'], { env: environment });
      expect(stdout).toContain(`port=${port} (env/config)`);
    }
  });
});

describe('no gateway', () => {
  test('nothing listens: stopped, exit 0', async () => {
    const port = await freePort();
    const { exitCode, stdout } = await cli(['gateway', 'status'], { env: environmentWith(configFor(port)) });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      'Runtime: stopped\nRPC probe: failed\n  gateway not reachable: connect ECONNREFUSED',
    );
    expect(stdout).not.toContain('Listening:');
  });

  test('another program on the port is named', async () => {
    const port = await startStranger('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    const { stdout } = await cli(['gateway', 'status'], { env: environmentWith(configFor(port)) });
    expect(stdout).toContain('Runtime: unknown (what listens does not answer as a gateway)');
    expect(stdout).toContain('the server answered HTTP 404 instead of a WebSocket');
    expect(stdout).toContain(`Port ${port} is already in use.\n- 127.0.0.1:${port} pid ${process.pid} (`);
  });

  test('a program that accepts and says nothing costs no more than the timeout', async () => {
    const port = await startStranger();
    const argv = ['gateway', 'status', '--timeout', '150', '--json'];
    const { stdout } = await cli(argv, { env: environmentWith(configFor(port)) });
    expect(JSON.parse(stdout)).toMatchObject({
      rpc: { ok: false, error: 'gateway timeout after 150ms' },
      service: { runtime: { status: 'unknown' } },
    });
  });
});

describe('configuration', () => {
  test('an invalid config is shown, and what is good in it still counts', async () => {
    const { port } = await startFakeGateway({ token: 't0ken', answers });
    const env = environmentWith({
      gateway: { port, auth: { token: 't0ken' }, bind: 'everywhere', bogus: 1 },
    });
    const { exitCode, stdout } = await cli(['gateway', 'status'], { env });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Config issues: gateway.bogus: unknown key\n');
    expect(stdout).toContain('Config issues: gateway.bind: must be one of');
    expect(stdout).toContain('RPC probe: ok\n');
  });

  test('a config that is missing is said to be', async () => {
    const port = await freePort();
    const { stdout } = await cli(['gateway', 'status', '--no-probe'], {
      env: { PLLAN_STATE_DIR: '/nonexistent/state', PLLAN_GATEWAY_PORT: String(port) },
    });
    expect(stdout).toContain('Config (cli): /nonexistent/state/pllan.json (missing)');
    expect(stdout).toContain(`port=${port} (env/config)`);
  });

  test('remote mode without an address is a finding, not a failure', async () => {
    const { exitCode, stdout } = await cli(['gateway', 'status'], {
      env: environmentWith({ gateway: { mode: 'remote' } }),
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      'RPC probe: failed\n  gateway remote mode misconfigured: gateway.remote.url missing\n',
    );
  });

  test('a gateway elsewhere that cannot be asked says nothing about the local port', async () => {
    const { port } = await startFakeGateway({ answers });
    const env = { ...environmentWith({ gateway: { port } }), PLLAN_GATEWAY_URL: 'wss://example.com' };
    const { exitCode, stdout } = await cli(['gateway', 'status'], { env });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('RPC probe: failed\n  gateway url override requires explicit credentials\n');
    expect(stdout).not.toMatch(/Runtime|Listening/);
  });

  test('a token variable that this process lacks is named, and what listens is still shown', async () => {
    const { port } = await startFakeGateway({ answers });
    const env = environmentWith(configFor(port, { token: '${THE_TOKEN}' }));
    const { stdout } = await cli(['gateway', 'status'], { env });
    expect(stdout).toContain(
      '  gateway.auth.token: env provider "default", THE_TOKEN: the environment variable is not set',
    );
    expect(stdout).toContain(`Runtime: running (pid ${process.pid}, foreground)`);
  });

  test('the profile decides whose config and port are meant', async () => {
    const { stdout } = await cli(['--dev', 'gateway', 'status', '--no-probe']);
    expect(stdout).toContain('Config (cli): ~/.pllan-dev/pllan.json (missing)');
    expect(stdout).toContain('port=19001');
  });
});

test('--require-rpc with --no-probe is an error', async () => {
  expect(await cli(['gateway', 'status', '--require-rpc', '--no-probe'])).toMatchObject({
    exitCode: 1,
    stderr: 'Cannot combine --require-rpc with --no-probe.\n',
  });
});
