/** `gateway.remote.transport: "ssh"`: every command reaches the gateway through a tunnel that it makes (operations.md §9). */
import { expect, test } from 'vitest';
import { startEntry } from '../../support/entry-process.js';
import { fakeSsh } from '../../support/fake-ssh.js';
import { isAlive } from '../../support/gateway.js';
import { waitFor } from '../../support/wait-for.js';
import { cli, environmentWith } from '../support/cli.js';
import { freePort, startFakeGateway } from '../support/fake-gateway.js';

const answers = { health: { ok: true }, status: {}, 'system-presence': [] };
const remoteOf = (remotePort: number, over: object = {}) => ({
  gateway: {
    mode: 'remote',
    remote: { transport: 'ssh', sshTarget: 'ann@far.example:2222', token: 'tok', remotePort, ...over },
  },
});

test('a command connects through ssh, which ends with it', async () => {
  const ssh = fakeSsh();
  const { port, requests } = await startFakeGateway({ token: 'tok', answers });
  const env = { ...environmentWith(remoteOf(port, { sshIdentity: '/key' })), PATH: ssh.path };
  const { exitCode, stdout } = await cli(['health', '--json'], { env });
  expect([exitCode, JSON.parse(stdout)]).toEqual([0, { ok: true }]);
  expect(requests.at(-1)).toMatchObject({ method: 'health' });
  const [args = []] = ssh.calls();
  expect(args.join(' ')).toMatch(
    new RegExp(
      String.raw`^-N -L 127\.0\.0\.1:\d+:127\.0\.0\.1:${port} .*BatchMode=yes .*-p 2222 -i /key -- ann@far\.example$`,
    ),
  );
  await waitFor('the end of ssh', () => !ssh.pids().some(isAlive));
});

test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)(
  'a command that %s ends leaves no ssh',
  async (signal) => {
    const ssh = fakeSsh();
    const { port, requests } = await startFakeGateway({ answers: { health: () => {} } });
    const env = { ...environmentWith(remoteOf(port)), PATH: ssh.path };
    const command = startEntry(['health'], { env });
    await waitFor('its question', () => requests.some(({ method }) => method === 'health'));
    process.kill(command.pid, signal);
    expect(await command.exited).toBeNull();
    expect(command.child.signalCode).toBe(signal);
    await waitFor('the end of ssh', () => !ssh.pids().some(isAlive));
  },
);

test('a log that is followed through ssh leaves none either', async () => {
  const ssh = fakeSsh();
  const tail = { file: '/l', cursor: 1, size: 1, lines: [], truncated: false, reset: false };
  const { port, requests } = await startFakeGateway({ answers: { 'logs.tail': tail } });
  const env = { ...environmentWith(remoteOf(port)), PATH: ssh.path };
  const command = startEntry(['logs', '--follow'], { env });
  await waitFor('its question', () => requests.some(({ method }) => method === 'logs.tail'));
  process.kill(command.pid, 'SIGINT');
  expect(await command.exited).toBe(130);
  await waitFor('the end of ssh', () => !ssh.pids().some(isAlive));
});

test('a gateway that does not answer there is told with the tunnel', async () => {
  const ssh = fakeSsh();
  const nobody = await freePort();
  const env = { ...environmentWith(remoteOf(nobody)), PATH: ssh.path };
  const { exitCode, stderr } = await cli(['health'], { env });
  expect(exitCode).toBe(1);
  expect(stderr).toContain(
    `\nGateway target: ws://far.example:${nobody}\nSSH tunnel: ann@far.example\nSource: config gateway.remote.sshTarget\n`,
  );
  await waitFor('the end of ssh', () => !ssh.pids().some(isAlive));
});

test('where there is no ssh, that is why', async () => {
  const env = { ...environmentWith(remoteOf(1)), PATH: '/nowhere' };
  const { exitCode, stderr } = await cli(['health'], { env });
  expect([exitCode, stderr.split('\n')[0]]).toEqual([1, 'ssh tunnel failed: spawn ssh ENOENT']);
});

test('gateway probe asks it without being told to', async () => {
  const ssh = fakeSsh();
  const { port } = await startFakeGateway({ token: 'tok', answers });
  const env = { ...environmentWith(remoteOf(port)), PATH: ssh.path };
  const { exitCode, stdout } = await cli(['gateway', 'probe', '--json'], { env });
  expect(exitCode).toBe(0);
  const { primaryTargetId, targets } = JSON.parse(stdout) as { primaryTargetId: string; targets: object[] };
  expect(primaryTargetId).toBe('sshTunnel');
  expect(targets).toMatchObject([{ id: 'localLoopback' }, { id: 'sshTunnel', connect: { ok: true } }]);
});

test.each([
  [null, 'gateway.remote.sshTarget missing'],
  ['-oProxyCommand=x', 'gateway.remote.sshTarget must be user@host or user@host:port'],
])('sshTarget %j: that is what is wrong', async (sshTarget, problem) => {
  const env = environmentWith(remoteOf(1, { sshTarget }));
  const { exitCode, stderr } = await cli(['health'], { env });
  expect([exitCode, stderr]).toEqual([1, `gateway remote mode misconfigured: ${problem}\n`]);
});
