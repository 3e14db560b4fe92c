/** How fast messages leave, by a clock that moves when somebody waits. */
import { describe, expect, it } from 'vitest';
import { createPacer } from '../../../../src/primary/channels/telegram/pacer.js';
import { never } from './support/account.js';

function paced() {
  let now = 0;
  const pacer = createPacer({ now: () => now, sleep: (ms) => Promise.resolve(void (now += ms)) });
  return {
    pacer,
    /** When each of them left. */
    async times(chats: readonly string[]): Promise<number[]> {
      const times: number[] = [];
      for (const chat of chats) {
        await pacer.take(chat, never);
        times.push(now);
      }
      return times;
    },
  };
}

/** The most in any such window. */
function most(times: readonly number[], windowMs: number): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length));
}

describe('messages', () => {
  it.each([
    ['to a person are one a second, after a short burst', '7', 60_000, 63],
    ['to a group are twenty a minute', '-100', 60_000, 20],
  ])('%s', async (_, chat, windowMs, limit) => {
    const times = await paced().times(Array.from({ length: 200 }, () => chat));
    expect(most(times, windowMs)).toBeLessThanOrEqual(limit);
    expect(times.slice(0, 3)).toEqual([0, 0, 0]);
  });

  it('to all together are thirty a second', async () => {
    const times = await paced().times(Array.from({ length: 200 }, (_, n) => String(n + 1)));
    expect(most(times, 1_000)).toBeLessThanOrEqual(30);
  });

  it('to a chat that was told to wait do, and others do not', async () => {
    const { pacer, times } = paced();
    await times(['1', '1']);
    pacer.hold('1', 9_000);
    expect(await times(['2', '1'])).toEqual([0, 9_000]);
  });

  it('do not leave when they are given up', async () => {
    const { pacer } = paced();
    await expect(pacer.take('1', AbortSignal.abort())).rejects.toThrow();
  });
});
