/** The snapshot's own rules; what uses it is tested with a gateway in test/integration/secrets. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { activateSecrets, type ActivationSources } from '../../../src/primary/secrets/activation.js';
import {
  createSecretsKeeper,
  type SecretsKeeper,
  type SecretsSnapshot,
} from '../../../src/primary/secrets/keeper.js';
import { deferred } from '../../../src/shared/deferred.js';
import { parseConfig } from '../../../src/shared/config/load.js';
import { createLogger } from '../../../src/shared/log/logger.js';
import { secretLimits } from '../../../src/shared/secrets/limits.js';

const TOKEN = 'gateway.auth.token';

interface Setting {
  readonly keeper: SecretsKeeper;
  /** What the ref leads to. */
  readonly env: Record<string, string>;
  readonly used: SecretsSnapshot[];
  readonly signals: string[];
}

async function setUp(use: (next: SecretsSnapshot) => Promise<void> = async () => {}): Promise<Setting> {
  const env: Record<string, string> = { T: 'first' };
  const loaded = parseConfig('{gateway:{auth:{mode:"token",token:"${T}"}}}', { path: '/nowhere', env });
  if (!loaded.ok) throw new Error('invalid');
  const sources: ActivationSources = {
    loaded,
    flags: { mode: undefined, token: undefined, password: undefined },
    env,
    paths: { home: '/nowhere' },
  };
  const used: SecretsSnapshot[] = [];
  const signals: string[] = [];
  const keeper = createSecretsKeeper({
    first: await activateSecrets(sources, new AbortController().signal),
    sources,
    async use(next) {
      await use(next);
      used.push(next);
    },
    signal: (text) => signals.push(text.split(' ')[0] ?? ''),
    log: createLogger({ sink: { write: () => {} }, level: 'info', subsystem: 'test' }),
  });
  return { keeper, env, used, signals };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the keeper of secrets', () => {
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
    const { keeper, env, signals } = await setUp(async () => {
      if (broken) throw new Error('cannot be built');
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
    expect(signals).toEqual(['[SECRETS_RELOADER_DEGRADED]', '[SECRETS_RELOADER_RECOVERED]']);
    keeper.stop();
  });

  it('does one thing at a time: who asks meanwhile shares the one that follows', async () => {
    const gate = deferred<void>();
    let running = 0;
    let most = 0;
    const { keeper, env, used } = await setUp(async () => {
      running += 1;
      most = Math.max(most, running);
      await gate.promise;
      running -= 1;
    });
    env.T = 'second';
    const first = keeper.reload();
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
});
