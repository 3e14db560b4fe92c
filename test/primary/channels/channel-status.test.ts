import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChannelError } from '../../../src/primary/channels/channel.js';
import { opened, passed, status, two } from './support/opened-channels.js';
import { fails, stays } from './support/scripted-channel.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('channels.status', () => {
  it('shows each account, and the channel as all of them', async () => {
    const { own, started } = opened({
      channels: { irc: { ...two.irc, accounts: { a: { name: 'A' }, b: { enabled: false } } } },
      runs: [stays],
    });
    vi.setSystemTime(1_000);
    await started();
    expect(await status(own)).toEqual({
      ts: 1_000,
      channelOrder: ['irc'],
      channelLabels: { irc: 'IRC' },
      channelDetailLabels: { irc: 'Internet Relay Chat' },
      channelMeta: [{ id: 'irc', label: 'IRC', detailLabel: 'Internet Relay Chat' }],
      channels: { irc: { configured: true, linked: true, running: true, connected: true, lastError: null } },
      channelAccounts: {
        irc: [
          {
            accountId: 'a',
            name: 'A',
            enabled: true,
            configured: true,
            linked: true,
            running: true,
            connected: true,
            reconnectAttempts: 0,
            lastConnectedAt: 1_000,
            lastError: null,
            lastStartAt: 1_000,
            lastStopAt: null,
            lastInboundAt: null,
            lastOutboundAt: null,
            lastProbeAt: null,
            mode: 'scripted',
            tokenSource: 'none',
            bot: '@scripted',
            deliveries: { waiting: 0, failed: 0, unknown: 0 },
          },
          expect.objectContaining({ accountId: 'b', enabled: false, running: false, connected: false }),
        ],
      },
      channelDefaultAccountId: { irc: 'a' },
    });
  });

  it('says where a credential comes from', async () => {
    const refs = [{ segments: ['channels', 'irc', 'accounts', 'b', 'password'], ref: { source: 'file' } }];
    const accounts = { a: { password: 'p' }, b: { password: 'q' }, c: { host: 'h' } };
    const { own, started } = opened({ channels: { irc: { accounts } }, refs });
    await started();
    expect((await status(own)).channelAccounts).toMatchObject({
      irc: [{ tokenSource: 'config' }, { tokenSource: 'file' }, { tokenSource: 'none' }],
    });
  });

  it('takes an account that is off for configured where its credential is a reference', async () => {
    const refs = [{ segments: ['channels', 'irc', 'password'], ref: { source: 'env' } }];
    const { own, started } = opened({ channels: { irc: { enabled: false } }, refs });
    await started();
    expect((await status(own)).channelAccounts).toMatchObject({
      irc: [{ enabled: false, configured: true, running: false, tokenSource: 'env' }],
    });
  });

  it('asks all networks at one time, each no longer than it may', async () => {
    const probe = vi.fn<() => Promise<object>>();
    probe.mockResolvedValueOnce({ user: 'me' }).mockReturnValue(new Promise(() => {}));
    const { own, metrics, started } = opened({ channels: two, more: { probe: probe as never } });
    await started();
    const asked = status(own, 2_000);
    await passed(2_000);
    expect((await asked).channelAccounts).toMatchObject({
      irc: [{ probe: { ok: true, user: 'me' } }, { probe: { ok: false, error: 'timeout' } }],
    });
    expect(metrics.probed.mock.calls.map(([channel, outcome]) => [channel, outcome])).toEqual([
      ['irc', 'ok'],
      ['irc', 'error'],
    ]);
  });

  it('tells what it can where a row cannot be built', async () => {
    const { own, started } = opened({ channels: { irc: { password: 'p' } }, refs: [{}] });
    await started();
    expect(await status(own)).toMatchObject({
      partial: true,
      warnings: [expect.stringMatching(/^irc: /)],
      channelOrder: [],
    });
  });

  it('leaves out what a network tells that is no plain data', async () => {
    const { own, network, started } = opened({ channels: { irc: { host: 'h' } } });
    await started();
    const odd = {
      get bad(): never {
        throw new Error('odd');
      },
    };
    for (const about of [odd, { big: 'x'.repeat(5_000) }, [1] as never, { n: 5n }]) {
      network.runs[0]?.host.connected(about);
      expect((await status(own)).channelAccounts).toMatchObject({ irc: [{ connected: true }] });
      expect(own.health().channels).toMatchObject({ irc: { connected: true } });
    }
  });

  it('knows nothing of other channels', async () => {
    const { own, started } = opened({ channels: two });
    await started();
    expect(await own.status({ probeMs: undefined, channel: 'slack' })).toBeUndefined();
  });
});

describe('health', () => {
  it('has all accounts, with what the networks have said', async () => {
    const { own, started } = opened({ channels: two });
    await started();
    expect(await own.probeForHealth()).toBe(true);
    expect(own.health()).toMatchObject({
      channels: {
        irc: {
          running: true,
          probe: { ok: true },
          accounts: { a: { accountId: 'a', probe: { ok: true } }, b: {} },
        },
      },
      channelOrder: ['irc'],
      channelLabels: { irc: 'IRC' },
    });
    expect(own.summary()).toEqual(['IRC: connected']);
    expect(own.linked()).toEqual({ id: 'irc', label: 'IRC', linked: true, authAgeMs: 0 });
  });

  it('is asked for by many at one time, and the networks once', async () => {
    const probe = vi.fn(() => Promise.resolve({}));
    const { own, started } = opened({ channels: { irc: { host: 'h' } }, more: { probe } });
    await started();
    await Promise.all([own.probeForHealth(), own.probeForHealth()]);
    expect(await own.probeForHealth()).toBe(false);
    expect(probe).toHaveBeenCalledOnce();
  });

  it('is not ready two minutes after an account should have connected', async () => {
    const { own, started } = opened({
      channels: two,
      runs: [stays, fails(new ChannelError('refused', 'no'))],
    });
    await started();
    await passed(120_000);
    expect(own.failing()).toEqual([]);
    await passed(1);
    expect(own.failing()).toEqual(['irc']);
  });
});
