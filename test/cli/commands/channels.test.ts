import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli, environmentWith } from '../support/cli.js';
import { freePort, refuse, startFakeGateway, type FakeOptions } from '../support/fake-gateway.js';

const TIP =
  'Tip: pllan status --deep adds gateway health probes to status output (requires a reachable gateway).';
const account = {
  accountId: 'default',
  enabled: true,
  configured: true,
  running: true,
  connected: true,
  reconnectAttempts: 0,
  lastInboundAt: Date.now() - 125_000,
  lastOutboundAt: null,
  lastError: null,
  mode: 'polling',
};
const status = {
  ts: 1,
  channelOrder: ['telegram', 'irc'],
  channelLabels: { telegram: 'Telegram', irc: 'IRC' },
  channelAccounts: {
    telegram: [
      { ...account, probe: { ok: true, elapsedMs: 5 } },
      { ...account, accountId: 'work', name: 'At work', probe: { ok: false, error: 'timeout' } },
    ],
    irc: [
      {
        ...account,
        connected: false,
        reconnectAttempts: 3,
        lastInboundAt: null,
        mode: 'irc',
        deliveries: { waiting: 2, failed: 1, unknown: 3 },
        lastError: 'gone\u001b[2J',
      },
      { accountId: 'b', enabled: false, configured: true, running: false, connected: false },
      { accountId: 'c', enabled: true, configured: false, running: false, connected: false },
    ],
  },
};
const config = {
  channels: {
    defaults: { groupPolicy: 'open' },
    slack: { enabled: false, botToken: 'hunter2-of-slack' },
    signal: { name: 'Mine', accounts: { a: { number: '+1' }, b: {} } },
  },
};

describe('channels status', () => {
  it('shows each account', async () => {
    const { port, requests } = await startFakeGateway({ answers: { 'channels.status': status } });
    const env = environmentWith({ gateway: { port } });
    const { exitCode, stdout, stderr } = await cli(['channels', 'status', '--probe', '--timeout', '7000'], {
      env,
    });
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      'Gateway reachable.',
      '- Telegram default: enabled, configured, running, connected, in:2m ago, mode:polling, works',
      '- Telegram work (At work): enabled, configured, running, connected, in:2m ago, mode:polling, probe failed (timeout)',
      expect.stringContaining(
        '- IRC default: enabled, configured, running, disconnected, attempts:3, mode:irc, waiting:2, unsent:4, error:gone',
      ),
      '- IRC b: disabled, configured',
      '- IRC c: enabled, not configured',
      '',
      TIP,
      '',
    ]);
    expect(stdout).not.toContain('\u001b');
    expect(requests.at(-1)?.params).toEqual({ probe: true, timeoutMs: 7_000 });
  });

  it('shows warnings, and one channel where one is named', async () => {
    const answer = { ...status, channelOrder: [], partial: true, warnings: ['irc: odd'] };
    const { port, requests } = await startFakeGateway({ answers: { 'channels.status': answer } });
    const env = environmentWith({ gateway: { port } });
    const { stdout } = await cli(['channels', 'status', '--channel', 'IRC'], { env });
    expect(stdout).toContain('No channels configured.');
    expect(stdout).toContain('\nWarnings:\n- irc: odd\n');
    expect(requests.at(-1)?.params).toEqual({ probe: false, timeoutMs: 10_000, channel: 'irc' });
  });

  it('is the answer of the gateway with --json', async () => {
    const { port } = await startFakeGateway({ answers: { 'channels.status': status } });
    const { stdout } = await cli(['channels', 'status', '--json'], {
      env: environmentWith({ gateway: { port } }),
    });
    expect(JSON.parse(stdout)).toEqual(status);
  });

  it('fails for a channel that there is not', async () => {
    const answers: FakeOptions['answers'] = {
      'channels.status': (socket, request) => refuse(socket, request, 'unknown channel: x'),
    };
    const { port } = await startFakeGateway({ answers });
    const env = environmentWith({ gateway: { port } });
    const { exitCode, stderr } = await cli(['channels', 'status', '--channel', 'x'], { env });
    expect([exitCode, stderr.split('\n')[0]]).toEqual([1, 'unknown channel: x']);
  });

  it('shows what the config has where there is no gateway', async () => {
    const port = await freePort();
    const env = environmentWith({ ...config, gateway: { port } });
    const { exitCode, stdout } = await cli(['channels', 'status'], { env });
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^Gateway not reachable: gateway not reachable: connect ECONNREFUSED/),
      '- Slack default: disabled, configured, this gateway does not know the network',
      '- Signal a (Mine): enabled, configured, this gateway does not know the network',
      '- Signal b (Mine): enabled, not configured, this gateway does not know the network',
      '',
    ]);
    const json = await cli(['channels', 'status', '--json'], { env });
    expect(JSON.parse(json.stdout)).toEqual({
      gatewayReachable: false,
      error: expect.stringContaining('ECONNREFUSED'),
      configOnly: true,
      configuredChannels: ['slack', 'signal'],
    });
  });

  it('shows one channel of the config where one is named, and none that it does not have', async () => {
    const env = environmentWith({ ...config, gateway: { port: await freePort() } });
    const run = (...words: string[]) => cli(['channels', 'status', '--channel', ...words], { env });
    expect((await run('Slack')).stdout).toMatch(/^Gateway not reachable: .*\n- Slack default: [^\n]*\n$/);
    expect(JSON.parse((await run('slack', '--json')).stdout).configuredChannels).toEqual(['slack']);
    const { exitCode, stderr } = await run('irc');
    expect([exitCode, stderr]).toEqual([1, 'unknown channel: irc\n']);
  });

  it('leaves out what an earlier connection answered', async () => {
    const probe = { ok: false, error: 'not connected' };
    const accounts = [
      { ...account, lastConnectedAt: 20, lastProbeAt: 10, probe },
      { ...account, accountId: 'b', lastStartAt: 10, lastConnectedAt: null, lastProbeAt: 20, probe },
    ];
    const answers = { 'channels.status': { ...status, channelAccounts: { irc: accounts } } };
    const { port } = await startFakeGateway({ answers });
    const env = environmentWith({ gateway: { port } });
    const [, first, second] = (await cli(['channels', 'status'], { env })).stdout.split('\n');
    expect(first).not.toContain('probe failed');
    expect(second).toContain('probe failed (not connected)');
  });

  it('hints at how to add one where there is none', async () => {
    const env = environmentWith({ gateway: { port: await freePort() } });
    expect((await cli(['channels', 'status'], { env })).stdout).toContain('No channels configured.');
  });
});

describe('channels list', () => {
  it('shows what the config has, and no secret', async () => {
    const models = { providers: { openai: { apiKey: 'hunter2-of-openai' } } };
    const auth = { profiles: { 'openai:default': { provider: 'openai', mode: 'api_key' } } };
    const env = environmentWith({ ...config, models, auth });
    const { exitCode, stdout } = await cli(['channels', 'list'], { env });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Chat channels:\n- Slack default: disabled, configured');
    expect(stdout).toContain('\nAuth providers:\n- openai:default (api_key)\n- openai (config)\n');
    const json = await cli(['channels', 'list', '--json', '--no-usage'], { env });
    expect(JSON.parse(json.stdout)).toEqual({
      chat: { slack: ['default'], signal: ['a', 'b'] },
      auth: [
        { id: 'openai:default', provider: 'openai', type: 'api_key' },
        { id: 'openai', provider: 'openai', type: 'config' },
      ],
    });
    expect(stdout + json.stdout).not.toContain('hunter2');
  });

  it('fails with a config that is none', async () => {
    const { exitCode, stderr } = await cli(['channels', 'list'], {
      env: environmentWith({ channels: { pigeon: {} } }),
    });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('channels.pigeon')]);
  });
});

it.each(['add', 'remove', 'login'])('channels %s is for networks that there are', async (verb) => {
  const run = async (...flags: string[]) => (await cli(['channels', verb, ...flags])).stderr.split('\n')[0];
  expect(await run()).toBe('--channel is required');
  expect(await run('--channel', 'pigeon')).toBe('unknown channel: pigeon');
});

it('channels logout is the affair of the gateway', async () => {
  const answer = { channel: 'irc', accountId: 'a', cleared: true, loggedOut: true };
  const { port, requests } = await startFakeGateway({ answers: { 'channels.logout': answer } });
  const env = environmentWith({ gateway: { port } });
  const { stdout } = await cli(['channels', 'logout', '--channel', 'irc', '--account', 'a'], { env });
  expect(stdout).toBe('Logged out of irc a.\n');
  expect(requests.at(-1)?.params).toEqual({ channel: 'irc', accountId: 'a' });
});

describe('channels add and remove', () => {
  it('write the config', async () => {
    const env = environmentWith({ gateway: { mode: 'local' } });
    const run = async (...words: string[]) => {
      const { exitCode, stdout, stderr } = await cli(['channels', ...words], { env });
      expect([exitCode, stderr]).toEqual([0, '']);
      const { channels } = JSON.parse(readFileSync(join(env.PLLAN_STATE_DIR, 'pllan.json'), 'utf8')) as {
        readonly channels?: object;
      };
      return { stdout, channels };
    };
    const token = '123456:of-a-bot';
    const first = await run('add', '--channel', 'Telegram', '--token', token);
    expect(first.stdout).toMatch(/^Updated channels\.telegram.* The change is hot-applied\.\n$/);
    expect(first.stdout).not.toContain(token);
    expect(first.channels).toEqual({ telegram: { botToken: token, enabled: true } });
    const second = await run('add', '--channel', 'telegram', '--account', 'work', '--token', '${WORK_TOKEN}');
    const work = { botToken: '${WORK_TOKEN}', enabled: true };
    const telegram = { botToken: token, enabled: true, accounts: { default: {}, work } };
    expect(second.channels).toEqual({ telegram });
    expect((await run('remove', '--channel', 'telegram', '--account', 'work')).channels).toEqual({
      telegram: { ...telegram, accounts: { default: {}, work: { ...work, enabled: false } } },
    });
    expect((await run('list')).stdout).toContain('- Telegram work: disabled, configured');
    expect((await run('remove', '--channel', 'telegram', '--delete', '--json')).channels ?? {}).toEqual({});
  });

  it('take a network away that the gateway does not know', async () => {
    const env = environmentWith(config);
    const remove = ['channels', 'remove', '--channel', 'slack', '--delete'];
    expect((await cli(remove, { env })).exitCode).toBe(0);
    expect((await cli(['channels', 'list'], { env })).stdout).not.toContain('Slack');
    expect((await cli(remove, { env })).stderr).toContain('unknown channel: slack');
  });

  it('say what is still missing', async () => {
    const env = environmentWith({ gateway: { mode: 'local' } });
    const add = async (...words: string[]) =>
      (await cli(['channels', 'add', '--channel', 'irc', ...words], { env })).stderr;
    const how = 'pllan channels add --channel irc';
    expect(await add()).toBe(`It cannot connect without host and nick: ${how} --set host=… --set nick=…\n`);
    expect(await add('--set', 'host=irc.example')).toBe(
      `It cannot connect without nick: ${how} --set nick=…\n`,
    );
    expect(await add('--set', 'nick=n')).toBe('');
  });

  it('write nothing that would be wrong', async () => {
    const env = environmentWith({ gateway: { mode: 'local' } });
    const words = ['channels', 'add', '--channel', 'telegram', '--set', 'botTokn=x'];
    const { exitCode, stderr } = await cli(words, { env });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('did you mean botToken?')]);
  });

  it('there is no other way to sign in', async () => {
    const { exitCode, stderr } = await cli(['channels', 'login', '--channel', 'telegram']);
    expect([exitCode, stderr.split('\n')[0]]).toEqual([1, 'channel telegram does not support login']);
  });
});
