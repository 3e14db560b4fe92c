/** The snapshot's own rules; what uses it is tested with a gateway in test/integration/secrets. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runningConfig, type RunningConfig } from '../../../src/primary/config/running-config.js';
import { activateSecrets } from '../../../src/primary/secrets/activation.js';
import { createSnapshotKeeper, type SnapshotKeeper } from '../../../src/primary/snapshot/keeper.js';
import type { Snapshot } from '../../../src/primary/snapshot/snapshot.js';
import { deferred } from '../../../src/shared/deferred.js';
import { parseConfig } from '../../../src/shared/config/load.js';
import { createLogger } from '../../../src/shared/log/logger.js';
import { secretLimits } from '../../../src/shared/secrets/limits.js';

const TOKEN = 'gateway.auth.token';

interface Setting {
  readonly keeper: SnapshotKeeper;
  /** What refs lead to. */
  readonly env: Record<string, string>;
  readonly used: Snapshot[];
  readonly signals: string[];
  readonly retried: string[];
  /** A config whose token is in this variable. */
  config(variable: string): RunningConfig;
}

interface Steps {
  /** Between the secrets and the snapshot. */
  build?(): void;
  use?(): Promise<void>;
}

async function setUp({ build, use }: Steps = {}): Promise<Setting> {
  const env: Record<string, string> = { T: 'first' };
  const config = (variable: string): RunningConfig => {
    const text = `{gateway:{auth:{mode:"token",token:"\${${variable}}"}}}`;
    const loaded = parseConfig(text, { path: '/nowhere', env });
    if (!loaded.ok) throw new Error('invalid');
    return { ...runningConfig(loaded, { mode: undefined, token: undefined, password: undefined }), env };
  };
  const make = async (source: RunningConfig, generation: number, signal: AbortSignal): Promise<Snapshot> => {
    const activation = await activateSecrets(source, { home: '/nowhere', stateDir: '/nowhere', signal });
    build?.();
    return { ...activation, generation, env, source } as Snapshot;
  };
  const used: Snapshot[] = [];
  const signals: string[] = [];
  const retried: string[] = [];
  const keeper = createSnapshotKeeper({
    first: await make(config('T'), 1, new AbortController().signal),
    home: '/nowhere',
    make: (source, before, signal) => make(source, before.generation + 1, signal),
    async use(next) {
      await use?.();
      used.push(next);
    },
    signal: (text) => signals.push(text.split(' ')[0] ?? ''),
    retryConfig: () => retried.push('config'),
    reloaded: () => {},
    log: createLogger({ sink: { write: () => {} }, level: 'info', subsystem: 'test' }),
  });
  return { keeper, env, used, signals, retried, config };
}

const DEGRADED = '[SECRETS_RELOADER_DEGRADED]';
const RECOVERED = '[SECRETS_RELOADER_RECOVERED]';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the keeper of the snapshot', () => {
  it('swaps a whole snapshot and counts it', async () => {
    const { keeper, env, used } = await setUp();
    const before = keeper.current;
    env.T = 'second';
    expect(await keeper.reload()).toBe(keeper.current);
    expect(keeper.current).toMatchObject({
      generation: 2,
      config: { gateway: { auth: { token: 'second' } } },
    });
    expect(before).toMatchObject({ generation: 1, config: { gateway: { auth: { token: 'first' } } } });
    expect(used).toEqual([keeper.current]);
  });

  it('keeps the one before when a value is missing, and when what uses it cannot be built', async () => {
    let broken = false;
    const { keeper, env, signals } = await setUp({
      build() {
        if (broken) throw new Error('cannot be built');
      },
    });
    const before = keeper.current;
    delete env.T;
    await expect(keeper.reload()).rejects.toThrow(`${TOKEN}: env provider "default", T:`);
    expect(keeper.degradedOwners).toEqual([
      {
        ownerKind: 'gateway-auth',
        ownerId: '',
        state: 'stale',
        paths: [TOKEN],
        reason: 'the environment variable is not set',
      },
    ]);
    env.T = 'second';
    broken = true;
    await expect(keeper.reload()).rejects.toThrow('cannot be built');
    expect(keeper.current).toBe(before);
    broken = false;
    await keeper.reload();
    expect(keeper.degradedOwners).toEqual([]);
    expect(signals).toEqual([DEGRADED, RECOVERED]);
    keeper.stop();
  });

  it('does one thing at a time: who asks meanwhile shares the one that follows', async () => {
    const gate = deferred<void>();
    let running = 0;
    let most = 0;
    const { keeper, env, used } = await setUp({
      async use() {
        running += 1;
        most = Math.max(most, running);
        await gate.promise;
        running -= 1;
      },
    });
    env.T = 'second';
    const first = keeper.reload();
    await Promise.resolve();
    const waiting = [keeper.reload(), keeper.reload(), keeper.reload()];
    env.T = 'third';
    gate.resolve();
    expect((await first).generation).toBe(2);
    expect(new Set((await Promise.all(waiting)).map(({ generation }) => generation))).toEqual(new Set([3]));
    expect([most, used.length, keeper.current.values.get(TOKEN)]).toEqual([1, 2, 'third']);
  });

  it('does what waits also when the one before fails', async () => {
    const { keeper, env } = await setUp();
    delete env.T;
    const first = keeper.reload();
    const second = keeper.reload();
    await expect(first).rejects.toThrow(TOKEN);
    await expect(second).rejects.toThrow(TOKEN);
    env.T = 'second';
    expect((await keeper.reload()).generation).toBe(2);
    keeper.stop();
  });

  it('tries again by itself, after a pause that grows', async () => {
    const { keeper, env } = await setUp();
    delete env.T;
    await expect(keeper.reload()).rejects.toThrow(TOKEN);
    await vi.advanceTimersByTimeAsync(secretLimits.retryMinMs);
    env.T = 'second';
    await vi.advanceTimersByTimeAsync(2 * secretLimits.retryMinMs - 1);
    expect(keeper.current.generation).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(keeper.current.generation).toBe(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tries nothing once it has stopped', async () => {
    const { keeper, env } = await setUp();
    delete env.T;
    await expect(keeper.reload()).rejects.toThrow(TOKEN);
    keeper.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps the config of the one before when a secret of another is missing, and says so until it is there', async () => {
    const { keeper, env, signals, retried, config } = await setUp();
    const before = keeper.current;
    await expect(keeper.inTurn(() => keeper.prepare(config('NEW')))).rejects.toThrow(TOKEN);
    expect(keeper.current).toBe(before);
    expect(keeper.degradedOwners).toMatchObject([{ ownerKind: 'gateway-auth', state: 'stale' }]);
    expect(signals).toEqual([DEGRADED]);

    // The secrets of the config in use are fine: that is no recovery, but worth another try of the other config.
    await keeper.reload();
    expect(retried).toEqual(['config']);
    await vi.advanceTimersByTimeAsync(secretLimits.retryMinMs);
    expect(retried).toEqual(['config', 'config']);
    expect(signals).toEqual([DEGRADED]);

    env.NEW = 'another';
    await keeper.inTurn(async () => keeper.swap(await keeper.prepare(config('NEW'))));
    expect(keeper.current.config.gateway.auth.token).toBe('another');
    expect(signals).toEqual([DEGRADED, RECOVERED]);
    expect(keeper.degradedOwners).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets secrets be resolved anew only after another config is in use', async () => {
    const { keeper, env, config } = await setUp();
    env.NEW = 'of the new config';
    const changed = keeper.inTurn(async () => keeper.swap(await keeper.prepare(config('NEW'))));
    const { generation, config: after } = await keeper.reload();
    await changed;
    expect([generation, after.gateway.auth.token]).toEqual([3, 'of the new config']);
  });
});
