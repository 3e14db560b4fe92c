/** One restart at a time, whoever asks; with a clock of its own. What it does to a gateway is tested in test/integration/restart. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCoolDown } from '../../../src/primary/restart/cool-down.js';
import { createRestarts, type RestartRequest, type Restarts } from '../../../src/primary/restart/restarts.js';
import { deferred, type Deferred } from '../../../src/shared/deferred.js';
import { createLogger } from '../../../src/shared/log/logger.js';

interface Setting {
  readonly restarts: Restarts;
  /** Runs under way from here on. */
  runs(active: number): void;
  /** What went: cause, and whether by force. */
  readonly went: string[];
  readonly givenUp: string[];
  /** The check that is under way waits for it. */
  check: Deferred<string> | undefined;
  readonly lines: string[];
}

const MINUTE = 60_000;
const now = (): number => Date.now();
const edit: RestartRequest = { cause: 'config', reason: 'edit', deferralTimeoutMs: 5 * MINUTE };
const asked: RestartRequest = { cause: 'rpc', reason: 'asked', deferralTimeoutMs: 5 * MINUTE };

function setUp(): Setting {
  let active = 0;
  const idlers: (() => void)[] = [];
  const lines: string[] = [];
  const setting: Setting = {
    went: [],
    givenUp: [],
    check: undefined,
    lines,
    runs(count) {
      active = count;
      if (count === 0) for (const resolve of idlers.splice(0)) resolve();
    },
    restarts: createRestarts<string>({
      runs: () => ({ active, waiting: 0 }),
      idle: () => new Promise((resolve) => (active === 0 ? resolve() : idlers.push(resolve))),
      check: () => setting.check?.promise ?? Promise.resolve('plan'),
      go: (_plan, { cause, force }) => setting.went.push(force ? `${cause} by force` : cause),
      givenUp: ({ message }) => setting.givenUp.push(message),
      coolDown: createCoolDown(30_000, now),
      log: createLogger({
        sink: { write: (line) => lines.push((JSON.parse(line) as { message: string }).message) },
        level: 'info',
        subsystem: 'test',
      }),
      now,
    }),
  };
  return setting;
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a restart', () => {
  it('goes when whoever asked has been answered', async () => {
    const { restarts, went } = setUp();
    expect(restarts.request(asked)).toEqual({ status: 'scheduled', delayMs: 0, reason: 'asked' });
    expect(went).toEqual([]);
    await pass(0);
    expect(went).toEqual(['rpc']);
    expect(restarts.pending).toMatchObject({ state: 'going', cause: 'rpc' });
  });

  it('waits as long as it was asked to', async () => {
    const { restarts, went } = setUp();
    expect(restarts.request({ ...asked, delayMs: 2_000 })).toMatchObject({ delayMs: 2_000 });
    await pass(1_999);
    expect(went).toEqual([]);
    await pass(1);
    expect(went).toEqual(['rpc']);
  });

  it('may be asked for in a time that no timer knows', async () => {
    const { restarts, went } = setUp();
    restarts.request({ ...asked, delayMs: Number.MAX_SAFE_INTEGER });
    await pass(3 * 2_147_483_647);
    expect(went).toEqual([]);
  });
});

describe('runs that are under way', () => {
  it('hold it up until they are done', async () => {
    const { restarts, went, runs, lines } = setUp();
    runs(2);
    expect(restarts.request(asked)).toMatchObject({ status: 'deferred', delayMs: 0 });
    await pass(MINUTE);
    expect(restarts.pending?.state).toBe('deferred');
    expect(lines).toEqual(['restart deferred until 2 run(s) complete']);
    runs(0);
    await pass(0);
    expect(went).toEqual(['rpc']);
  });

  it('hold it up again when they began before it could go', async () => {
    const { restarts, went, runs } = setUp();
    runs(1);
    restarts.request(asked);
    await pass(0);
    runs(0);
    runs(1); // in the same turn
    await pass(MINUTE);
    expect(went).toEqual([]);
    runs(0);
    await pass(0);
    expect(went).toEqual(['rpc']);
  });

  it('hold it up no longer than they may', async () => {
    const { restarts, went, runs } = setUp();
    runs(1);
    restarts.request({ ...asked, delayMs: 1_000 });
    await pass(1_000 + 5 * MINUTE - 1);
    expect(went).toEqual([]);
    await pass(1);
    expect(went).toEqual(['rpc']);
  });

  it('hold it up for ever where that is so', async () => {
    const { restarts, went, runs } = setUp();
    runs(1);
    restarts.request({ ...asked, deferralTimeoutMs: 0 });
    await pass(60 * 24 * MINUTE);
    expect(went).toEqual([]);
  });

  it.each([
    [{ skipDeferral: true }, 'rpc'],
    [{ force: true }, 'rpc by force'],
  ])('do not where it is asked for with %o', async (how, expected) => {
    const { restarts, went, runs } = setUp();
    runs(1);
    expect(restarts.request({ ...asked, ...how })).toMatchObject({ status: 'scheduled' });
    await pass(0);
    expect(went).toEqual([expected]);
  });
});

describe('asked for again while one is pending', () => {
  it('it is one, as soon as the more urgent wants it', async () => {
    const { restarts, went } = setUp();
    restarts.request({ ...asked, delayMs: 10_000, reason: 'first' });
    expect(restarts.request({ ...asked, delayMs: 1_000 })).toEqual({
      status: 'coalesced',
      delayMs: 1_000,
      reason: 'first',
    });
    expect(restarts.request({ ...asked, delayMs: 20_000 })).toMatchObject({ delayMs: 1_000 });
    await pass(1_000);
    expect(went).toEqual(['rpc']);
    expect(restarts.request(asked)).toMatchObject({ status: 'coalesced' });
    await pass(MINUTE);
    expect(went).toHaveLength(1);
  });

  it('it need not wait for runs any more', async () => {
    const { restarts, went, runs } = setUp();
    runs(1);
    restarts.request({ ...asked, deferralTimeoutMs: 0 });
    await pass(MINUTE);
    restarts.request({ ...asked, cause: 'signal', force: true });
    await pass(0);
    expect(went).toEqual(['rpc by force']);
  });

  it('what somebody asks for tops what an edit needs', async () => {
    const { restarts, went } = setUp();
    restarts.request({ ...edit, delayMs: 1_000 });
    restarts.request(asked);
    await pass(0);
    expect(went).toEqual(['rpc']);
  });
});

describe('between two that an edit needs', () => {
  it('is a pause, also where the gateway has started anew; what somebody asks for does not keep it', async () => {
    const coolDown = createCoolDown(30_000, now);
    const went: string[] = [];
    const open = (): Restarts =>
      createRestarts<undefined>({
        runs: () => ({ active: 0, waiting: 0 }),
        idle: () => Promise.resolve(),
        check: () => Promise.resolve(undefined),
        go: (_plan, { cause }) => went.push(cause),
        givenUp: () => {},
        coolDown,
        log: createLogger({ sink: { write: () => {} }, level: 'info', subsystem: 'test' }),
        now,
      });
    open().request(edit);
    await pass(10_000);
    const second = open();
    expect(second.request(edit)).toMatchObject({ status: 'scheduled', delayMs: 20_000 });
    await pass(19_999);
    expect(went).toEqual(['config']);
    await pass(1);
    expect(went).toEqual(['config', 'config']);
    const third = open();
    third.request(edit);
    third.request(asked);
    await pass(0);
    expect(went).toEqual(['config', 'config', 'rpc']);
  });
});

describe('what is on disk and cannot be started with', () => {
  it('leaves the gateway as it is; the next one is checked anew', async () => {
    const setting = setUp();
    const { restarts, went, givenUp, lines } = setting;
    setting.check = deferred();
    restarts.request(asked);
    await pass(0);
    expect(restarts.pending?.state).toBe('checking');
    setting.check.reject(new Error('Config invalid'));
    await pass(0);
    expect({ went, givenUp, pending: restarts.pending }).toEqual({
      went: [],
      givenUp: ['Config invalid'],
      pending: undefined,
    });
    expect(lines).toEqual(['restart given up, the gateway goes on as it is: Config invalid']);
    setting.check = undefined;
    restarts.request(asked);
    await pass(0);
    expect(went).toEqual(['rpc']);
  });
});

describe('a stop', () => {
  it('ends what is pending, also while it is being checked', async () => {
    const setting = setUp();
    const { restarts, went, givenUp } = setting;
    setting.check = deferred();
    restarts.request(asked);
    await pass(0);
    restarts.stop();
    setting.check.resolve('plan');
    await pass(0);
    expect({ went, givenUp, closed: restarts.closed }).toEqual({ went: [], givenUp: [], closed: true });
  });

  it('is no end of the one that goes', async () => {
    const { restarts } = setUp();
    restarts.request(asked);
    await pass(0);
    restarts.stop();
    expect(restarts.closed).toBe(false);
    expect(restarts.request(asked)).toMatchObject({ status: 'coalesced' });
  });
});
