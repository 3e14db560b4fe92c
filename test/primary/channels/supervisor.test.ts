import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSupervisor } from '../../../src/primary/channels/accounts/supervisor.js';
import { ChannelError, SendError, type OutboundPart } from '../../../src/primary/channels/channel.js';
import {
  account,
  clings,
  fails,
  hangs,
  policy,
  scripted,
  services,
  stays,
  waits,
  type Run,
  type Scripted,
} from './support/scripted-channel.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const lost = new ChannelError('lost', 'the line is dead');
const passed = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function supervised(script: readonly Run[], more: Parameters<typeof scripted>[1] = {}) {
  const network = scripted(script, more);
  const told = services();
  const one = createSupervisor(network.channel, { account: account(), policy }, told);
  return { network, told, one, started: async () => (await one.start(), passed(0)) };
}
const signal = new AbortController().signal;
const part = { id: '1', text: 'x' } as OutboundPart;

describe('an account', () => {
  it('connects, and stays until it is stopped', async () => {
    const { one, told, network, started } = supervised([stays]);
    await started();
    expect(one.facts).toMatchObject({ phase: 'connected', about: { bot: '@scripted' }, lastError: null });
    expect(told.connected.mock.calls).toEqual([[one.running]]);
    await passed(600_000);
    await one.stop('asked');
    expect(one.facts).toMatchObject({ phase: 'stopped', stopReason: 'asked' });
    expect(network.runs).toHaveLength(1);
    await passed(600_000);
    expect(network.runs).toHaveLength(1);
  });

  it('knows the groups that are not switched off', async () => {
    const { network, started } = supervised([stays]);
    await started();
    expect(network.opened[0]?.host.groups()).toEqual(['#a']);
    expect(network.opened[0]?.config).toEqual({ host: 'h' });
  });

  it('that is lost connects again, ever later, and gives up after ten', async () => {
    const { one, network, told, started } = supervised([fails(lost)]);
    await started();
    const pauses = [5, 10, 20, 40, 80, 160, 300, 300, 300];
    for (const [at, seconds] of pauses.entries()) {
      expect(one.facts).toMatchObject({ phase: 'resting', failures: at + 1, lastError: 'the line is dead' });
      await passed(seconds * 1_000 - 1);
      expect(network.runs).toHaveLength(at + 1);
      await passed(1);
      expect(network.runs).toHaveLength(at + 2);
    }
    expect(one.facts).toMatchObject({ phase: 'stopped', stopReason: 'exhausted', failures: 10 });
    expect(told.reconnects).toHaveBeenCalledTimes(9);
    await passed(3_600_000);
    expect(network.runs).toHaveLength(10);
  });

  it('that was connected for five minutes counts anew', async () => {
    const steady: Run = async (host) => {
      host.connected();
      await new Promise((resolve) => setTimeout(resolve, 300_000));
      throw lost;
    };
    const { one, started } = supervised([fails(lost), fails(lost), steady]);
    await started();
    await passed(5_000 + 10_000);
    expect(one.facts).toMatchObject({ phase: 'connected', failures: 2 });
    await passed(300_000);
    expect(one.facts).toMatchObject({ phase: 'resting', failures: 1 });
  });

  it('waits as long as its network asks', async () => {
    const { network, started } = supervised([
      fails(new ChannelError('lost', 'slow down', { retryAfterMs: 90_000 })),
    ]);
    await started();
    await passed(89_999);
    expect(network.runs).toHaveLength(1);
    await passed(1);
    expect(network.runs).toHaveLength(2);
  });

  it('that is refused stays stopped, and says why without its secrets', async () => {
    const refused = new ChannelError('refused', 'bad token hunter2');
    const { one, network, told, started } = supervised([fails(refused)]);
    await started();
    await passed(3_600_000);
    expect(network.runs).toHaveLength(1);
    expect(one.facts).toMatchObject({ phase: 'stopped', stopReason: 'refused', lastError: 'bad token ***' });
    expect(told.lines).toContain('channel.stopped');
  });

  it('may be started again by hand, and counts anew', async () => {
    const { one, network, started } = supervised([fails(new ChannelError('refused', 'no')), fails(lost)]);
    await started();
    await one.start();
    await passed(0);
    expect(network.runs).toHaveLength(2);
    expect(one.facts).toMatchObject({ phase: 'resting', failures: 1 });
  });

  it.each<[string, Run]>([
    [
      'throws before there is a promise',
      () => {
        throw new Error('oops');
      },
    ],
    ['rejects with something odd', () => Promise.reject({ oops: 1 })],
    ['ends without being told to', () => Promise.resolve()],
    ['gives no promise at all', (() => undefined) as never],
  ])('is lost when its code %s', async (_what, run) => {
    const { one, started } = supervised([run]);
    await started();
    expect(one.facts.phase).toBe('resting');
  });

  it('is lost when it cannot even be opened', async () => {
    const { one, network } = supervised([stays]);
    network.channel.open = () => {
      throw new Error('no such thing');
    };
    await one.start();
    await passed(0);
    expect(one.facts).toMatchObject({ phase: 'resting', lastError: 'no such thing' });
  });

  it('that does not connect in a minute is lost', async () => {
    const { one, started } = supervised([waits, stays]);
    await started();
    await passed(60_000);
    expect(one.facts).toMatchObject({ phase: 'resting', lastError: 'did not connect within 60 s' });
    await passed(5_000);
    expect(one.facts.phase).toBe('connected');
  });

  it('that hangs is left alone, and another object takes its place', async () => {
    const { one, network, told, started } = supervised([hangs, stays]);
    await started();
    await passed(60_000 + 5_000);
    expect(one.facts.phase).toBe('resting');
    expect(told.overdue.mock.calls).toEqual([['stop']]);
    await passed(5_000);
    expect(one.facts.phase).toBe('connected');
    expect(network.opened).toHaveLength(2);
    // What the first one says now is not heard.
    network.runs[0]?.host.connected({ bot: '@ghost' });
    expect(one.facts.about).toEqual({ bot: '@scripted' });
    await expect(network.runs[0]?.host.inbound({} as never)).rejects.toThrow('stopped');
  });

  it('that cannot be stopped is given up after five seconds', async () => {
    const { one, told, started } = supervised([clings]);
    await started();
    const stopped = one.stop('asked');
    await passed(5_000);
    await stopped;
    expect(one.facts.phase).toBe('stopped');
    expect(told.lines).toContain('channel.abandoned');
  });

  it('can be stopped while it connects and while it rests', async () => {
    const { one, network, started } = supervised([waits, fails(lost)]);
    await started();
    await one.stop('asked');
    await one.start();
    await passed(0);
    expect(one.facts.phase).toBe('resting');
    await one.stop('asked');
    await passed(600_000);
    expect(network.runs).toHaveLength(2);
  });

  it('is restarted with what its config says then', async () => {
    const { one, network, started } = supervised([stays]);
    await started();
    one.use(account({ own: { host: 'other' } }), policy);
    expect(network.opened).toHaveLength(1);
    await one.restart('test');
    await passed(0);
    expect(network.opened[1]?.config).toEqual({ host: 'other' });
    expect(one.facts.phase).toBe('connected');
  });

  it('starts, stops and restarts one after the other', async () => {
    const { one, network, started } = supervised([stays]);
    await started();
    await Promise.all([one.stop('asked'), one.start(), one.restart('test'), one.stop('asked'), one.start()]);
    await passed(0);
    expect(one.facts.phase).toBe('connected');
    expect(network.runs.filter(({ signal: own }) => !own.aborted)).toHaveLength(1);
  });
});

describe('what is asked of an account', () => {
  const asked = async (more: Parameters<typeof scripted>[1]) => {
    const made = supervised([stays], more);
    await made.started();
    return made;
  };
  const outcome = (promise: Promise<unknown>) =>
    promise.catch((error: SendError) => [error.kind, error.message]);

  it.each<[string, () => Promise<never>, [string, string]]>([
    ['hangs', () => new Promise(() => {}), ['unknown', 'no answer within 60 s']],
    [
      'throws at once',
      () => {
        throw new Error('oops');
      },
      ['unknown', 'oops'],
    ],
    ['rejects oddly', () => Promise.reject(new TypeError('odd')), ['unknown', 'odd']],
    ['is not sent', () => Promise.reject(new SendError('not-sent', 'busy')), ['not-sent', 'busy']],
  ])('a part that %s', async (_what, send, expected) => {
    const { one } = await asked({ send });
    const sent = outcome(one.running.account.send(part, signal));
    await passed(60_000);
    expect(await sent).toEqual(expected);
  });

  it('a part whose sender gives up is waited for a moment only', async () => {
    const { one, told } = await asked({ send: () => new Promise(() => {}) });
    const own = new AbortController();
    const sent = outcome(one.running.account.send(part, own.signal));
    own.abort();
    await passed(2_000);
    expect(await sent).toEqual(['unknown', expect.any(String)]);
    expect(told.overdue.mock.calls).toEqual([['send']]);
  });

  it('a part of one that was stopped is not sent', async () => {
    const { one } = await asked({});
    const { account: kept } = one.running;
    await one.stop('asked');
    for (const either of [kept, one.running.account])
      expect(await outcome(either.send(part, signal))).toEqual(['not-sent', 'the account is not running']);
  });

  it('has only what its network can do', async () => {
    const { one } = await asked({ edit: () => Promise.resolve(), streams: true });
    expect(Object.keys(one.running.account).toSorted()).toEqual([
      'edit',
      'mode',
      'probe',
      'run',
      'send',
      'split',
      'streams',
    ]);
  });

  it('a sign of writing never throws', async () => {
    const { one } = await asked({
      typing: () => {
        throw new Error('oops');
      },
    });
    expect(() => one.running.account.typing?.({} as never)).not.toThrow();
  });

  it.each<[string, () => Promise<object>, object]>([
    ['answers', () => Promise.resolve({ bot: 1 }), { ok: true, bot: 1 }],
    ['hangs', () => new Promise(() => {}), { ok: false, error: 'timeout', elapsedMs: 1_000 }],
    [
      'throws',
      () => {
        throw new Error('hunter2');
      },
      { ok: false, error: '***' },
    ],
  ])('a probe that %s', async (_what, probe, expected) => {
    const { one } = await asked({ probe: probe as never });
    const probed = one.probe(1_000);
    await passed(1_000);
    expect(await probed).toMatchObject(expected);
    expect(one.facts.probe).toMatchObject(expected);
  });
});

describe('messages that come', () => {
  /** Each in a conversation of its own, unless they have one. */
  const flood = (network: Scripted, count: number, conversation?: string): Promise<void>[] => {
    const { host } = network.runs[0] as Scripted['runs'][number];
    return Array.from({ length: count }, (_, n) =>
      host.inbound({ id: String(n), peer: { kind: 'direct', id: conversation ?? String(n) } } as never),
    );
  };

  it('are taken as fast as they may be, in their order, and the rest waits', async () => {
    const { network, told, started } = supervised([stays]);
    await started();
    const all = Promise.all(flood(network, 1_000));
    await passed(0);
    expect(told.inbound.mock.calls.length).toBeLessThanOrEqual(10);
    await passed(1_000);
    expect(told.inbound.mock.calls.length).toBeLessThanOrEqual(61);
    await passed(20_000);
    await all;
    const ids = (told.inbound.mock.calls as unknown as [unknown, { id: string }][]).map(([, { id }]) => id);
    expect(ids).toEqual(Array.from({ length: 1_000 }, (_, n) => String(n)));
  });

  it('are refused where too many wait, and when the account stops', async () => {
    const { network, one, started } = supervised([stays]);
    await started();
    const all = flood(network, 1_100).map((message) =>
      message.then(
        () => 'taken',
        (error: Error) => error.message,
      ),
    );
    await passed(0);
    await one.stop('asked');
    const outcomes = await Promise.all(all);
    expect(outcomes.filter((end) => end.includes('to be offered again'))).toHaveLength(1_100 - 1_010);
    expect(outcomes.filter((end) => end.includes('stopped'))).toHaveLength(1_000);
  });

  it('that cannot be stored now are the network’s to offer again', async () => {
    const { network, told, started } = supervised([stays]);
    await started();
    told.inbound.mockRejectedValueOnce(new Error('disk full'));
    await expect(flood(network, 1)[0]).rejects.toThrow('disk full');
  });

  it('wait where those before are not stored yet, but not for ever', async () => {
    const { network, told, started } = supervised([stays]);
    await started();
    told.inbound.mockImplementation(() => new Promise(() => {}));
    void Promise.allSettled(flood(network, 100));
    await passed(119_000);
    expect(told.inbound).toHaveBeenCalledTimes(16);
    await passed(2_000);
    expect(told.inbound).toHaveBeenCalledTimes(32);
  });

  it('of one conversation keep those of others from nothing', async () => {
    const { network, told, started } = supervised([stays]);
    await started();
    const ends: (() => void)[] = [];
    told.inbound.mockImplementationOnce(() => new Promise((resolve) => ends.push(resolve)));
    const slow = Promise.all(flood(network, 20, 'ann'));
    await Promise.all([...flood(network, 1, 'bob'), passed(1_000)]);
    expect(told.inbound).toHaveBeenCalledTimes(2);
    ends[0]?.();
    await passed(1_000);
    await slow;
    expect(told.inbound).toHaveBeenCalledTimes(21);
  });
});
