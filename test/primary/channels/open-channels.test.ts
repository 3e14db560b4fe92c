import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChannelError } from '../../../src/primary/channels/channel.js';
import { opened, passed, status, two } from './support/opened-channels.js';
import { fails, hangs, stays, type Run } from './support/scripted-channel.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const minutes = (count: number) => passed(count * 60_000);

describe('accounts of the config', () => {
  it('connect with the start, each with what it says itself or its channel', async () => {
    const { own, network, started } = opened({ channels: two });
    await started();
    expect(network.opened.map(({ config }) => config)).toEqual([{ host: 'h' }, { host: 'hb', nick: 'n' }]);
    expect(own.accounts.find('irc', 'a')).toMatchObject({ accountId: 'a', connected: true });
    expect([own.accounts.defaultOf('irc'), own.accounts.channels]).toEqual(['a', ['irc']]);
    expect(own.accounts.find('irc', 'c')).toBeUndefined();
  });

  it('load nothing where none is enabled and configured', async () => {
    const off = { irc: { enabled: false, host: 'h' } };
    const { own, load, started, use } = opened({ channels: off });
    await started();
    expect(own.accounts.find('irc', 'default')).toBeUndefined();
    await use({ irc: { enabled: true } });
    expect(load).not.toHaveBeenCalled();
    await use({ irc: { host: 'h' } });
    expect(load).toHaveBeenCalledOnce();
    expect(own.accounts.find('irc', 'default')?.connected).toBe(true);
  });

  it('of networks that nobody knows are not there', async () => {
    const { own, started } = opened({ channels: { slack: { botToken: 'x' } } });
    await started();
    expect(await status(own)).toMatchObject({ channelOrder: [], channels: {} });
  });

  it('of a network whose code cannot be loaded say so', async () => {
    const made = opened({ channels: two });
    made.load.mockRejectedValue(new Error('no such module'));
    await made.started();
    expect((await status(made.own)).channelAccounts).toMatchObject({
      irc: [{ lastError: 'no such module', running: false }, { lastError: 'no such module' }],
    });
  });

  it.each([['PLLAN_SKIP_CHANNELS=1', { PLLAN_SKIP_CHANNELS: '1' }]])(
    'wait with %s, and can be started by hand',
    async (_what, env) => {
      const { own, network, lines, started } = opened({ channels: two, env });
      await started();
      expect([network.opened, lines]).toEqual([[], ['channel.not-started']]);
      await minutes(10);
      expect(own.failing()).toEqual([]);
      await own.startAccount('irc', undefined);
      await passed();
      expect(own.accounts.find('irc', 'a')?.connected).toBe(true);
      expect(own.accounts.find('irc', 'b')?.connected).toBe(false);
    },
  );

  it('follow the config again after an edit that could not be made to count', async () => {
    const { own, hosts, metrics, lines, started, use } = opened({ channels: { irc: { host: 'h1' } } });
    await started();
    metrics.reconnects.mockImplementationOnce(() => {
      throw new Error('no');
    });
    await use({ irc: { host: 'h2' } });
    expect(lines).toContain('channel.config');
    await use({ irc: { host: 'h3' } });
    expect([hosts(), own.accounts.find('irc', 'default')?.connected]).toEqual([['h1', 'h3'], true]);
  });

  it('do not start when the gateway stops meanwhile', async () => {
    const { own, network, load } = opened({ channels: two });
    load.mockImplementation(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return network.channel;
    });
    const started = own.start();
    await passed(500);
    const stopped = own.stop();
    await passed(10_000);
    await Promise.all([started, stopped]);
    expect(network.runs.every(({ signal }) => signal.aborted)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stop with the gateway, also one that cannot be stopped', async () => {
    const { own, network, started } = opened({ channels: two, runs: [stays, hangs] });
    await started();
    const stopped = own.stop();
    await passed(5_000);
    await stopped;
    expect(network.runs.every(({ signal }) => signal.aborted)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a change of the config', () => {
  it('restarts the account that it is about, and no other', async () => {
    const { network, hosts, started, use } = opened({ channels: two });
    await started();
    await use({
      irc: { host: 'h', accounts: { a: { name: 'A', nick: 'x' }, b: { host: 'hb', nick: 'n' } } },
    });
    expect(hosts()).toEqual(['h', 'hb', 'h']);
    expect(network.runs.map(({ signal }) => signal.aborted)).toEqual([true, false, false]);
  });

  it('of who is heard restarts nothing, and counts at once', async () => {
    const { own, hosts, started, use } = opened({ channels: two });
    await started();
    const found = own.accounts.find('irc', 'a');
    await use({
      defaults: { groupPolicy: 'open' },
      irc: {
        host: 'h',
        dmPolicy: 'allowlist',
        allowFrom: ['me', 5],
        accounts: { a: { name: 'B' }, b: { host: 'hb', nick: 'n' } },
      },
    });
    expect(hosts()).toEqual(['h', 'hb']);
    expect(found?.policy()).toMatchObject({
      dmPolicy: 'allowlist',
      allowFrom: ['me', '5'],
      groupPolicy: 'open',
    });
  });

  it('stops what is gone or disabled, and starts what is new', async () => {
    const { own, network, started, use } = opened({ channels: two });
    await started();
    await use({ irc: { host: 'h', accounts: { b: { enabled: false, host: 'hb', nick: 'n' }, c: {} } } });
    expect(network.runs.map(({ signal }) => signal.aborted)).toEqual([true, true, false]);
    expect([own.accounts.find('irc', 'b'), own.accounts.find('irc', 'c')?.connected]).toEqual([
      undefined,
      true,
    ]);
    await use({});
    expect(network.runs.every(({ signal }) => signal.aborted)).toBe(true);
    expect(await status(own)).toMatchObject({ channelOrder: [] });
  });

  it('starts an account that was refused', async () => {
    const refused = fails(new ChannelError('refused', 'bad token'));
    const { own, started, use } = opened({ channels: { irc: { token: 'old' } }, runs: [refused, stays] });
    await started();
    expect(own.accounts.find('irc', 'default')?.connected).toBe(false);
    await use({ irc: { token: 'new' } });
    expect(own.accounts.find('irc', 'default')?.connected).toBe(true);
  });
});

describe('the health check', () => {
  const lost = fails(new ChannelError('lost', 'gone'));

  it('starts one that has given up', async () => {
    const { own, started } = opened({
      channels: { irc: { host: 'h' } },
      runs: [...Array<Run>(10).fill(lost), stays],
    });
    await started();
    await minutes(18);
    expect(own.accounts.find('irc', 'default')?.connected).toBe(false);
    await minutes(8);
    expect(own.accounts.find('irc', 'default')?.connected).toBe(true);
  });

  it('restarts one at most ten times in an hour', async () => {
    const probe = (): Promise<never> => Promise.reject(new Error('no'));
    const { network, started } = opened({
      channels: { irc: { host: 'h' } },
      more: { probe },
      checkMinutes: 1,
    });
    await started();
    await minutes(60);
    expect(network.runs).toHaveLength(11);
    await minutes(30);
    expect(network.runs.length).toBeGreaterThan(11);
  });

  it('leaves alone what was refused or stopped', async () => {
    const refused = fails(new ChannelError('refused', 'no'));
    const { own, network, started } = opened({ channels: two, runs: [refused, stays] });
    await started();
    await own.stopAccount('irc', 'b');
    await minutes(60);
    expect(network.runs).toHaveLength(2);
  });

  it('restarts one that is silent and does not answer', async () => {
    const probe = vi.fn<() => Promise<object>>(() => new Promise(() => {}));
    const { network, started } = opened({
      channels: { irc: { host: 'h' } },
      more: { probe: probe as never },
    });
    await started();
    await minutes(5);
    expect(network.runs).toHaveLength(1);
    await passed(10_000);
    expect(network.runs).toHaveLength(2);
    // Two checks leave it alone.
    await minutes(11);
    expect(network.runs).toHaveLength(2);
    await minutes(5);
    expect(network.runs).toHaveLength(3);
  });

  it('leaves alone one that answers, or that anything came from', async () => {
    const probe = vi.fn(() => Promise.resolve({}));
    const { network, started } = opened({ channels: { irc: { host: 'h' } }, more: { probe } });
    await started();
    await minutes(4);
    network.runs[0]?.host.alive();
    await minutes(2);
    expect(probe).not.toHaveBeenCalled();
    await minutes(60);
    expect(probe).toHaveBeenCalled();
    expect(network.runs).toHaveLength(1);
  });

  it('is not made with 0 minutes', async () => {
    const probe = vi.fn(() => Promise.resolve({}));
    const { started } = opened({ channels: { irc: { host: 'h' } }, more: { probe }, checkMinutes: 0 });
    await started();
    await minutes(60);
    expect(probe).not.toHaveBeenCalled();
  });

  it('has all connect anew after the machine slept', async () => {
    const { own, network, changed, started } = opened({ channels: two });
    await started();
    await passed(4_000);
    changed.mockClear();
    own.woke();
    await passed(1_000);
    expect(network.runs).toHaveLength(4);
    expect(changed).toHaveBeenCalled();
    await passed(60_000);
    expect(network.runs).toHaveLength(4);
  });
});

describe('whoever operates the gateway', () => {
  it('stops and starts an account', async () => {
    const { own, started } = opened({ channels: two });
    await started();
    expect(await own.stopAccount('irc', 'b')).toEqual({ outcome: 'done', accountId: 'b' });
    expect(own.accounts.find('irc', 'b')?.connected).toBe(false);
    expect(await own.startAccount('irc', 'b')).toEqual({ outcome: 'done', accountId: 'b' });
    await passed();
    expect(own.accounts.find('irc', 'b')?.connected).toBe(true);
  });

  it('has a network forget a sign-in, where it knows one', async () => {
    const logout = vi.fn(() => Promise.resolve());
    const { own, started } = opened({ channels: two, more: { logout } });
    await started();
    expect(await own.logoutAccount('irc', undefined)).toEqual({ outcome: 'done', accountId: 'a' });
    expect(logout).toHaveBeenCalledOnce();
    expect(own.accounts.find('irc', 'a')?.connected).toBe(false);
    const without = opened({ channels: two });
    await without.started();
    const why = 'channel irc does not support logout';
    expect(await without.own.logoutAccount('irc', 'a')).toEqual({ outcome: 'refused', why });
  });

  it.each([
    ['slack', undefined, { outcome: 'unknown-channel' }],
    ['irc', 'z', { outcome: 'refused', why: 'unknown account: z' }],
    ['irc', 'b', { outcome: 'refused', why: 'account b is not enabled' }],
    ['irc', 'c', { outcome: 'refused', why: 'account c is not configured' }],
  ])('cannot start %s %s', async (channel, accountId, expected) => {
    const accounts = { a: { host: 'h' }, b: { enabled: false }, c: {} };
    const { own, started } = opened({ channels: { irc: { accounts } } });
    await started();
    expect(await own.startAccount(channel, accountId)).toEqual(expected);
  });
});
