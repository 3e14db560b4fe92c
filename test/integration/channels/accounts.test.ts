/** Channel accounts of a real gateway, from its start to a restart: webhook accounts, and one of a server that is not there. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli } from '../../cli/support/cli.js';
import { ChannelsStatus } from '../../spec-client/channel-shapes.js';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { freePort, startGateway, temporaryDir, TOKEN, type TestGateway } from '../../support/gateway.js';
import { scrape } from '../../support/metrics.js';
import { answer, refusal } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';

const secrets = join(temporaryDir(), 'secrets.json');
const writeSecret = (secret: string): void =>
  writeFileSync(secrets, JSON.stringify({ secret }), { mode: 0o600 });
const fromFile = { source: 'file', provider: 'kept', id: '/secret' };

let gateway: TestGateway;
let admin: ControlClient;

beforeAll(async () => {
  writeSecret('first-secret-of-b');
  gateway = await startGateway({
    config: {
      secrets: { providers: { kept: { source: 'file', path: secrets } } },
      channels: {
        defaults: { groupPolicy: 'disabled' },
        webhook: {
          accounts: {
            a: { name: 'First', secret: 'plain-secret-of-a' },
            b: { secret: fromFile },
            off: { enabled: false, secret: { source: 'env', id: 'NOT_THERE' } },
            empty: {},
          },
        },
        irc: { host: '127.0.0.1', port: await freePort(), tls: { enabled: false }, nick: 'pllan' },
      },
    },
  });
  admin = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

type Row = Readonly<Record<string, unknown>>;
async function accounts(params: object = {}): Promise<ReadonlyMap<string, Row>> {
  const { channelAccounts } = (await answer(admin, 'channels.status', params)) as {
    readonly channelAccounts: Readonly<Record<string, readonly Row[]>>;
  };
  const rows = Object.entries(channelAccounts).flatMap(([channel, own]) =>
    own.map((row) => [`${channel} ${String(row.accountId)}`, row] as const),
  );
  return new Map(rows);
}
const connected = (name: string): Promise<Row> =>
  waitFor(`${name} connected`, async () => {
    const row = (await accounts()).get(name);
    return row?.connected === true ? row : undefined;
  });
const starts = async (): Promise<Record<string, unknown>> =>
  Object.fromEntries([...(await accounts())].map(([name, { lastStartAt }]) => [name, lastStartAt]));
/** Writes into `channels.webhook`, and waits until it counts. */
async function edit(webhook: object): Promise<void> {
  const { hash } = (await answer(admin, 'config.get', {})) as { readonly hash: string };
  await answer(admin, 'config.patch', {
    baseHash: hash,
    raw: JSON.stringify({ channels: { webhook } }),
  });
}

describe('accounts', () => {
  it('are shown as the protocol says', async () => {
    await connected('webhook a');
    const status = await answer(admin, 'channels.status', {});
    expect(v.is(ChannelsStatus, status)).toBe(true);
    expect(status).toMatchObject({
      channelOrder: ['webhook', 'irc'],
      channelDefaultAccountId: { webhook: 'a', irc: 'default' },
      channels: { webhook: { configured: true, running: true, connected: true, lastError: null } },
    });
    const rows = await accounts();
    expect(rows.get('webhook a')).toMatchObject({ name: 'First', running: true, tokenSource: 'config' });
    expect(rows.get('webhook b')).toMatchObject({ connected: true, tokenSource: 'file' });
    expect(rows.get('webhook off')).toMatchObject({ enabled: false, running: false, lastStartAt: null });
    expect(rows.get('webhook empty')).toMatchObject({ enabled: true, configured: false, running: false });
  });

  it('that cannot connect try again, and hold up nobody', async () => {
    const row = await waitFor('the failure', async () => {
      const irc = (await accounts({ channel: 'irc' })).get('irc default');
      return irc?.lastError === null ? undefined : irc;
    });
    expect(row).toMatchObject({
      running: true,
      connected: false,
      lastError: expect.stringContaining('ECONNREFUSED'),
    });
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });

  it('are asked when that is wished', async () => {
    const rows = await accounts({ probe: true, timeoutMs: 1 });
    expect(rows.get('webhook a')).toMatchObject({ probe: { ok: true }, lastProbeAt: expect.any(Number) });
    expect(rows.get('irc default')).toMatchObject({ probe: { ok: false } });
    expect(rows.get('webhook off')).not.toHaveProperty('probe');
    const { samples } = await scrape(gateway.url);
    expect(samples.get('pllan_channel_connected{channel="webhook",account="a"}')).toBe(1);
    expect(samples.get('pllan_channel_connected{channel="irc",account="default"}')).toBe(0);
  });

  it('are in health and status', async () => {
    const health = (await answer(admin, 'health', { probe: true })) as Row;
    expect(health).toMatchObject({
      channelOrder: ['webhook', 'irc'],
      channels: { webhook: { running: true, probe: { ok: true }, accounts: { a: { connected: true } } } },
    });
    const status = (await answer(admin, 'status', {})) as Row;
    expect(status.channelSummary).toEqual(['Webhook: connected', 'IRC: not connected']);
    expect(status.linkChannel).toMatchObject({ id: 'webhook', linked: true });
    const without = (await answer(admin, 'status', { includeChannelSummary: false })) as Row;
    expect([without.channelSummary, without.linkChannel]).toEqual([[], undefined]);
  });

  it('are shown by the command line', async () => {
    const env = { PLLAN_STATE_DIR: gateway.stateDir, PLLAN_HOME: gateway.stateDir };
    const url = ['--url', gateway.wsUrl, '--token', TOKEN];
    const { stdout, exitCode } = await cli(['channels', 'status', '--probe', ...url], { env });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^- Webhook a \(First\): enabled, configured, running, connected, .*works$/m);
    expect(stdout).toMatch(/^- Webhook off: disabled, configured$/m);
    const health = await cli(['health', ...url], { env });
    expect(health.stdout).toMatch(/^Webhook: /m);
    const status = await cli(['status', ...url], { env });
    expect(status.stdout).toMatch(/^Webhook a \(First\) +yes +connected/m);
  });
});

describe('whoever operates the gateway', () => {
  it('stops an account and starts it, and everybody hears of it', async () => {
    expect(await answer(admin, 'channels.stop', { channel: 'webhook', accountId: 'b' })).toEqual({
      channel: 'webhook',
      accountId: 'b',
      stopped: true,
    });
    await admin.frame('the health event', ({ event, payload }) => {
      const block = (payload?.channels as Row | undefined)?.webhook as
        | { readonly accounts: Record<string, Row> }
        | undefined;
      return event === 'health' && block?.accounts.b?.running === false;
    });
    expect((await accounts()).get('webhook a')).toMatchObject({ connected: true });
    expect(await answer(admin, 'channels.start', { channel: 'webhook', accountId: 'b' })).toMatchObject({
      started: true,
    });
    await connected('webhook b');
  });

  it.each([
    ['channels.start', { channel: 'telegram' }, 'INVALID_REQUEST invalid channels.start channel'],
    ['channels.stop', {}, 'INVALID_REQUEST invalid channels.stop channel'],
    ['channels.start', { channel: 'webhook', accountId: 'z' }, 'INVALID_REQUEST unknown account: z'],
    [
      'channels.start',
      { channel: 'webhook', accountId: 'off' },
      'INVALID_REQUEST account off is not enabled',
    ],
    [
      'channels.start',
      { channel: 'webhook', accountId: 'empty' },
      'INVALID_REQUEST account empty is not configured',
    ],
    ['channels.logout', { channel: 'webhook' }, 'INVALID_REQUEST channel webhook does not support logout'],
    ['channels.status', { channel: 'telegram' }, 'INVALID_REQUEST unknown channel: telegram'],
  ])('%s %j is refused', async (method, params, expected) => {
    expect(await refusal(admin, method, params)).toBe(expected);
  });

  it('needs the scope for it', async () => {
    const reader = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.read'] } });
    await answer(reader, 'channels.status', {});
    for (const verb of ['start', 'stop', 'logout'])
      expect(await refusal(reader, `channels.${verb}`, { channel: 'webhook' })).toContain(
        'missing scope: operator.admin',
      );
    await reader.close();
  });
});

describe('a change', () => {
  it('of who is heard restarts nothing', async () => {
    const before = await starts();
    await edit({ dmPolicy: 'allowlist', allowFrom: ['ann'], accounts: { a: { name: 'Second' } } });
    await waitFor('the name', async () => (await accounts()).get('webhook a')?.name === 'Second');
    expect(await starts()).toEqual(before);
  });

  it('of an account restarts it, and no other', async () => {
    const before = await starts();
    await edit({ accounts: { a: { timeoutMs: 5_000 } } });
    await waitFor('the restart', async () => (await starts())['webhook a'] !== before['webhook a']);
    await connected('webhook a');
    expect({ ...(await starts()), 'webhook a': 0, 'irc default': 0 }).toEqual({
      ...before,
      'webhook a': 0,
      'irc default': 0,
    });
  });

  it('of a secret restarts the account that uses it, and no other', async () => {
    const before = await starts();
    await answer(admin, 'secrets.reload', {});
    writeSecret('second-secret-of-b');
    await answer(admin, 'secrets.reload', {});
    await waitFor('the restart', async () => (await starts())['webhook b'] !== before['webhook b']);
    await connected('webhook b');
    expect((await starts())['webhook a']).toBe(before['webhook a']);
  });

  it.each<[object, string]>([
    [{ defaultAccount: 'z' }, 'there is no account z'],
    [{ dmPolicy: 'open' }, 'lets anybody in'],
    [{ timeoutMS: 5 }, 'did you mean timeoutMs?'],
    [{ accounts: { a: { secret: 5 } } }, 'must be string'],
  ])('that is wrong is refused: %j', async (webhook, expected) => {
    const { hash } = (await answer(admin, 'config.get', {})) as { readonly hash: string };
    const patch = { baseHash: hash, raw: JSON.stringify({ channels: { webhook } }) };
    const { error } = await admin.call('config.patch', patch);
    expect(JSON.stringify(error)).toContain(expected);
  });
});

it('connects anew after a restart in the process, and no secret is told or logged', async () => {
  const before = (await accounts()).get('webhook a')?.lastStartAt;
  process.kill(gateway.pid, 'SIGUSR1');
  await admin.closed;
  await waitFor(
    'the restart',
    async () => (await fetch(`${gateway.url}/readyz`).catch(() => undefined))?.status === 200,
  );
  admin = await connectControl(gateway.wsUrl);
  expect((await connected('webhook a')).lastStartAt).not.toBe(before);
  const told = JSON.stringify([
    await answer(admin, 'channels.status', { probe: true }),
    await answer(admin, 'health', {}),
    await answer(admin, 'config.get', {}),
  ]);
  const logged = gateway.output() + JSON.stringify(gateway.logLines());
  for (const secret of ['plain-secret-of-a', 'first-secret-of-b', 'second-secret-of-b']) {
    expect(told).not.toContain(secret);
    expect(logged).not.toContain(secret);
  }
  expect(readFileSync(secrets, 'utf8')).toContain('second-secret-of-b');
});
