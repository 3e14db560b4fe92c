/** Which call is ended when tools take more memory beside their heap than they may have. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { toolRunLimits } from '../../../src/shared/tools/limits.js';
import { createMemoryWatch } from '../../../src/workers/pools/tool-memory.js';
import type { TaskState } from '../../../src/workers/threads/tool-pool/task-state.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const MIB = 1024 * 1024;
const { watchIntervalMs, silentGrowthMib, bufferMib } = toolRunLimits;

/** A watch over tasks whose signs the test gives, and what it has ended. */
function watchOf(names: readonly string[]) {
  let rss = 100 * MIB;
  const ended: string[] = [];
  const watch = createMemoryWatch(() => rss);
  const states = new Map<string, TaskState>();
  for (const name of names) {
    states.set(name, { threadId: 1, beats: 1, bufferKib: 0, printedTooMuch: false });
    watch.add({ state: () => states.get(name) as TaskState, end: () => void ended.push(name) });
  }
  const look = (): void => void vi.advanceTimersByTime(watchIntervalMs);
  look();
  return {
    ended,
    look,
    grow: (mib: number) => void (rss += mib * MIB),
    says: (name: string, more: Partial<TaskState>) =>
      void states.set(name, { ...(states.get(name) as TaskState), ...more }),
  };
}

it('a task that says that it has too many buffers', () => {
  const { ended, look, says } = watchOf(['modest', 'greedy']);
  says('greedy', { bufferKib: bufferMib * 1024 + 1, beats: 2 });
  says('modest', { bufferKib: bufferMib * 1024, beats: 2 });
  look();
  expect(ended).toEqual(['greedy']);
});

it('of those that say nothing while the process grows, the newest', () => {
  const { ended, look, says, grow } = watchOf(['old', 'new', 'talking']);
  grow(silentGrowthMib + 1);
  says('talking', { beats: 2 });
  look();
  expect(ended).toEqual(['new']);
});

it('none for what the process grew by before it fell silent', () => {
  const { ended, look, says, grow } = watchOf(['one']);
  grow(silentGrowthMib + 1);
  says('one', { beats: 2 });
  look();
  grow(silentGrowthMib - 1);
  look();
  expect(ended).toEqual([]);
});

it('none whose thread has not begun', () => {
  const { ended, look, says, grow } = watchOf(['one']);
  says('one', { threadId: undefined });
  grow(silentGrowthMib + 1);
  look();
  expect(ended).toEqual([]);
});
