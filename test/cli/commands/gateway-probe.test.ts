import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { cli, environmentWith, temporaryHome } from '../support/cli.js';
import { freePort, startFakeGateway } from '../support/fake-gateway.js';

let gateway: TestGateway;
let other: TestGateway;
beforeAll(async () => {
  [gateway, other] = await Promise.all([startGateway(), startGateway()]);
});
afterAll(() => Promise.all([gateway.stop(), other.stop()]));

const local = (more: object = {}) => ({
  gateway: { port: gateway.port, auth: { mode: 'token', token: TOKEN }, ...more },
});

interface Probe {
  readonly exitCode: number;
  readonly report: {
    readonly ok: boolean;
    readonly warnings: readonly { readonly code: string; readonly targetIds?: readonly string[] }[];
    readonly targets: readonly {
      readonly id: string;
      readonly active: boolean;
      readonly connect: Record<string, unknown>;
    }[];
  } & Record<string, unknown>;
}

async function probe(env: ReturnType<typeof environmentWith>, ...words: string[]): Promise<Probe> {
  const { exitCode, stdout, stderr } = await cli(['gateway', 'probe', '--json', ...words], { env });
  expect(stderr).toBe('');
  return { exitCode, report: JSON.parse(stdout) as Probe['report'] };
}

const codes = ({ report }: Probe): string[] => report.warnings.map(({ code }) => code);

describe('the local gateway', () => {
  test('people see that it is reached and who it is', async () => {
    const env = environmentWith(local());
    const { exitCode, stdout, stderr } = await cli(['gateway', 'probe'], { env });
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      new RegExp(
        [
          '^Gateway Status',
          'Reachable: yes',
          'Capability: read-only \\(all that a probe asks for\\)',
          '',
          `Local gateway: ws://127\\.0\\.0\\.1:${gateway.port} \\(active\\)`,
          '  Connect: ok \\(\\d+ms\\)',
          '  RPC: ok',
          '  Gateway: \\S+.* app \\d+\\.\\d+\\.\\d+ .*',
          '$',
        ].join('\n'),
      ),
    );
  });

  test('programs get everything that it told', async () => {
    const { exitCode, report } = await probe(environmentWith(local()));
    expect(exitCode).toBe(0);
    expect(report).toEqual({
      ok: true,
      degraded: false,
      capability: 'read_only',
      ts: expect.any(Number),
      durationMs: expect.any(Number),
      timeoutMs: 10_000,
      primaryTargetId: 'localLoopback',
      warnings: [],
      network: {
        localLoopbackUrl: gateway.wsUrl,
        localTailnetUrl: expect.toSatisfy((url) => url === null || String(url).startsWith('ws://100.')),
      },
      discovery: { timeoutMs: 0, count: 0, beacons: [] },
      targets: [
        {
          id: 'localLoopback',
          kind: 'localLoopback',
          url: gateway.wsUrl,
          active: true,
          tunnel: null,
          connect: {
            ok: true,
            rpcOk: true,
            scopeLimited: false,
            latencyMs: expect.any(Number),
            error: null,
            close: null,
          },
          self: expect.objectContaining({ host: expect.any(String), version: expect.any(String) }),
          config: expect.toSatisfy((value) => value === null || typeof value === 'object'),
          health: expect.objectContaining({ ok: true }),
          summary: expect.objectContaining({ pid: gateway.pid }),
          presence: expect.any(Array),
        },
      ],
    });
  });

  test('sees a probe that leaves nothing but its device', async () => {
    const env = environmentWith(local());
    await probe(env);
    const admin = await connectControl(gateway.wsUrl);
    const { payload } = await admin.call('device.pair.list');
    expect(payload?.paired).toContainEqual(
      expect.objectContaining({ clientId: 'pllan-probe', clientMode: 'probe', scopes: ['operator.read'] }),
    );
    const after = await cli(['gateway', 'status', '--json'], { env });
    expect(JSON.parse(after.stdout)).toMatchObject({ rpc: { ok: true, capability: 'admin_capable' } });
    await admin.close();
  });

  test('that is not there: exit 1, and the reason', async () => {
    const port = await freePort();
    const env = environmentWith({ gateway: { port } });
    const { exitCode, report } = await probe(env);
    expect([exitCode, report.ok, report.primaryTargetId, report.capability]).toEqual([1, false, null, null]);
    expect(report.targets[0]?.connect).toMatchObject({
      ok: false,
      latencyMs: null,
      error: `gateway not reachable: connect ECONNREFUSED 127.0.0.1:${port}`,
    });
    const { stdout } = await cli(['gateway', 'probe'], { env });
    expect(stdout).toContain('Reachable: no\n');
    expect(stdout).toContain('  Connect: failed - gateway not reachable: connect ECONNREFUSED');
  });

  test('that refuses the credential: exit 1, with its close frame and what to do', async () => {
    const env = environmentWith(local({ auth: { mode: 'token', token: 'wrong-token' } }));
    const { exitCode, report } = await probe(env);
    expect(exitCode).toBe(1);
    expect(report.targets[0]?.connect).toMatchObject({
      ok: false,
      error: expect.stringMatching(/unauthorized: gateway token mismatch.*\nFix: /),
      close: { code: 1008, reason: expect.stringContaining('unauthorized') },
    });
    expect((await cli(['gateway', 'probe'], { env })).stdout).toMatch(
      /Connect: failed - .*unauthorized.*\n {4}Fix: /,
    );
  });

  test('that lets it in and tells it nothing: exit 0, degraded', async () => {
    // Without a device the gateway grants a probe no scopes.
    const env = environmentWith(local());
    writeFileSync(join(env.PLLAN_STATE_DIR, 'identity'), '');
    const { exitCode, report } = await probe(env);
    expect(exitCode).toBe(0);
    expect(report).toMatchObject({ ok: true, degraded: true, capability: 'connected_no_operator_scope' });
    expect(report.targets[0]).toMatchObject({
      connect: { ok: true, rpcOk: false, scopeLimited: true, error: 'missing scope: operator.read' },
      summary: null,
      health: { ok: true },
    });
    expect(report.warnings).toEqual([
      { code: 'probe_scope_limited', message: expect.any(String), targetIds: ['localLoopback'] },
    ]);
    expect((await cli(['gateway', 'probe'], { env })).stdout).toContain(
      '  RPC: limited - missing scope: operator.read\n',
    );
  });
});

test('of a gateway’s config it says where it is and whether it is valid, not what is in it', async () => {
  const answer = { path: '/c/pllan.json', exists: true, valid: true, issues: [], raw: '{}', config: {} };
  const { port } = await startFakeGateway({ answers: { 'config.get': answer } });
  const { report } = await probe(environmentWith({ gateway: { port } }));
  expect(report.targets[0]).toMatchObject({
    config: { path: '/c/pllan.json', exists: true, valid: true, issues: [] },
    connect: { ok: true, rpcOk: false, scopeLimited: false, error: 'unknown method: health' },
  });
  expect(JSON.stringify(report.targets[0])).not.toContain('raw');
});

describe('several gateways', () => {
  test('are all asked; the active one counts', async () => {
    const remote = { url: other.wsUrl, token: TOKEN };
    const both = await probe(environmentWith(local({ remote })));
    expect(both.report.targets.map(({ id }) => id)).toEqual(['configRemote', 'localLoopback']);
    expect(both.report).toMatchObject({ ok: true, primaryTargetId: 'localLoopback' });
    expect(both.report.warnings).toEqual([
      {
        code: 'multiple_gateways',
        message: expect.any(String),
        targetIds: ['configRemote', 'localLoopback'],
      },
    ]);
    const far = await probe(environmentWith(local({ mode: 'remote', remote })));
    expect(far.report.primaryTargetId).toBe('configRemote');
  });

  test('that are one gateway by two addresses are one', async () => {
    const remote = { url: `ws://localhost:${gateway.port}`, token: TOKEN };
    const probed = await probe(environmentWith(local({ remote })));
    expect(probed.report.targets.map(({ connect }) => connect.ok)).toEqual([true, true]);
    expect(codes(probed)).toEqual([]);
  });

  test('a remote one that the config does not name is a finding', async () => {
    const { exitCode, report } = await probe(environmentWith(local({ mode: 'remote' })));
    expect(exitCode).toBe(0);
    expect(report.targets.map(({ id, active, connect }) => [id, active, connect.error])).toEqual([
      ['configRemote', true, 'gateway remote mode misconfigured: gateway.remote.url missing'],
      ['localLoopback', false, null],
    ]);
  });

  test('one that does not answer does not matter as long as another does', async () => {
    const remote = { url: `ws://127.0.0.1:${await freePort()}`, token: TOKEN };
    const { exitCode, report } = await probe(environmentWith(local({ mode: 'remote', remote })));
    expect(exitCode).toBe(0);
    expect(report).toMatchObject({ ok: true, primaryTargetId: 'localLoopback' });
  });

  test('what is typed for --url goes nowhere else', async () => {
    const { port, requests } = await startFakeGateway();
    const env = environmentWith({ gateway: { port, auth: { token: 'configured' } } });
    const { report } = await probe(env, '--url', other.wsUrl, '--token', TOKEN);
    expect(report.targets.map(({ id }) => id)).toEqual(['explicit', 'localLoopback']);
    expect(report.primaryTargetId).toBe('explicit');
    expect(requests[0]?.params).toMatchObject({
      client: { id: 'pllan-probe', mode: 'probe' },
      minProtocol: 3,
      maxProtocol: 4,
      auth: { token: 'configured' },
    });
  });

  test('--url needs a credential of its own', async () => {
    const run = await cli(['gateway', 'probe', '--url', other.wsUrl], { env: environmentWith(local()) });
    expect(run).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('gateway url override requires explicit credentials'),
    });
  });

  test('one whose credential is missing here is not asked, and that is a warning', async () => {
    const { port, requests } = await startFakeGateway();
    const env = environmentWith({ gateway: { port, auth: { token: '${NO_SUCH_VARIABLE}' } } });
    const probed = await probe(env);
    expect(codes(probed)).toEqual(['auth_secretref_unresolved']);
    expect(probed.report.targets[0]?.connect.error).toMatch(/^gateway\.auth\.token: .*NO_SUCH_VARIABLE/);
    expect(requests).toEqual([]);
  });
});

test('a gateway whose owner has to approve this device is told apart', async () => {
  const strict = await startGateway({
    config: {
      gateway: {
        mode: 'local',
        auth: { mode: 'token', token: TOKEN },
        nodes: { pairing: { autoApproveLocal: false } },
      },
    },
  });
  const env = environmentWith({ gateway: { port: strict.port, auth: { token: TOKEN } } });
  const { exitCode, report } = await probe(env);
  await strict.stop();
  expect([exitCode, report.capability]).toEqual([1, 'pairing_pending']);
});

describe('behind ssh', () => {
  /** An `ssh` that forwards as the real one does, as far as its arguments say, or fails. */
  function withSsh(script: string): { readonly PATH: string } {
    const bin = temporaryHome();
    writeFileSync(join(bin, 'ssh'), `#!${process.execPath}\n${script}`, { mode: 0o755 });
    return { PATH: bin };
  }
  const forward = `
    const net = require('node:net');
    const [, local, , remote] = process.argv[process.argv.indexOf('-L') + 1].split(':');
    net.createServer((from) => {
      const to = net.connect(Number(remote), '127.0.0.1');
      from.pipe(to).pipe(from);
      for (const socket of [from, to]) socket.on('error', () => {});
    }).listen(Number(local), '127.0.0.1');
    process.stderr.write(JSON.stringify(process.argv.slice(2)) + '\\n');`;

  test('a gateway is asked through a tunnel, with the credentials of the remote one', async () => {
    const nowhere = await freePort();
    const remote = { token: TOKEN, remotePort: other.port };
    const env = { ...environmentWith({ gateway: { port: nowhere, remote } }), ...withSsh(forward) };
    const { exitCode, report } = await probe(env, '--ssh', 'ann@far.example:2222');
    expect(exitCode).toBe(0);
    expect(report.targets.at(-1)).toMatchObject({
      id: 'sshTunnel',
      tunnel: { kind: 'ssh', target: 'ann@far.example', remotePort: other.port, pid: expect.any(Number) },
      connect: { ok: true, rpcOk: true },
    });
    expect(report.primaryTargetId).toBe('sshTunnel');
    const shown = await cli(['gateway', 'probe', '--ssh', 'ann@far.example'], { env });
    expect(shown.stdout).toMatch(/SSH tunnel: ws:\/\/127\.0\.0\.1:\d+ through ann@far\.example \(active\)\n/);
  });

  test('the target may come from the config', async () => {
    const remote = { token: TOKEN, remotePort: other.port, sshTarget: 'far.example', sshIdentity: '/k' };
    const env = {
      ...environmentWith({ gateway: { port: await freePort(), remote } }),
      ...withSsh(forward),
    };
    expect((await probe(env, '--ssh-auto')).report.primaryTargetId).toBe('sshTunnel');
    const without = await cli(['gateway', 'probe', '--ssh-auto'], { env: environmentWith({}) });
    expect(without.stderr).toBe('--ssh-auto needs gateway.remote.sshTarget in the config\n');
  });

  test('what ssh says is why there is no tunnel', async () => {
    const failing = `console.error('debug'); console.error('ann@far: Permission denied (publickey).'); process.exit(255);`;
    const env = { ...environmentWith(local()), ...withSsh(failing) };
    const probed = await probe(env, '--ssh', 'ann@far');
    expect(probed.exitCode).toBe(0);
    expect(probed.report.warnings).toEqual([
      {
        code: 'ssh_tunnel_failed',
        message: 'ssh tunnel failed: ann@far: Permission denied (publickey).',
        targetIds: ['sshTunnel'],
      },
    ]);
  });

  test('where there is no ssh, that is said', async () => {
    const env = { ...environmentWith(local()), PATH: temporaryHome() };
    const { report } = await probe(env, '--ssh', 'ann@far');
    expect(report.targets.at(-1)?.connect.error).toContain('ENOENT');
  });

  test.each(['-oProxyCommand=x', 'a b', 'ann@-x', 'far:99999', ''])('%j is no target', async (target) => {
    const { exitCode, stderr } = await cli(['gateway', 'probe', `--ssh=${target}`], {
      env: environmentWith({}),
    });
    expect([exitCode, stderr]).toEqual([1, 'Invalid --ssh (use user@host or user@host:port)\n']);
  });
});
