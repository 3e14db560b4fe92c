/** Calls that read much do not keep others from their turn (architecture, invariant 7). */
import { expect, it, vi } from 'vitest';
import type { Connection } from '../../../src/primary/control/connection.js';
import type { Method } from '../../../src/primary/control/methods/method.js';
import { createReadingTurns } from '../../../src/primary/control/reading-turns.js';
import { deferred, type Deferred } from '../../../src/shared/deferred.js';
import { readingLimits } from '../../../src/shared/session-limits.js';

const connection = (id: string): Connection => ({ id }) as unknown as Connection;
const again = (): void => {};

/** A method whose calls last until they are ended; `begun` names them. */
function setUp() {
  const begun: string[] = [];
  const open: Deferred<string>[] = [];
  const method: Method = {
    name: 'sessions.list',
    scope: 'operator.read',
    readsMuch: true,
    summary: '',
    answers: '',
    answer(params) {
      begun.push(params as string);
      const answer = deferred<string>();
      open.push(answer);
      return answer.promise;
    },
  };
  const turns = createReadingTurns();
  const { answer } = turns.inTurn(method);
  const call = async (from: Connection, name: string): Promise<string> => answer(name, from, again);
  return { begun, turns, call, end: (n: number) => open[n]?.resolve('{}') };
}

it('only so many go on at one time, and those of another connection come before the rest of one', async () => {
  const { begun, call, end } = setUp();
  const [a, b] = [connection('a'), connection('b')];
  for (let n = 0; n < 100; n += 1) void call(a, `a${n}`);
  void call(b, 'b0');
  expect(begun).toEqual(['a0', 'a1']);
  end(0);
  await vi.waitUntil(() => begun.length === 3);
  end(1);
  await vi.waitUntil(() => begun.length === 4);
  expect(begun.slice(2).toSorted()).toEqual(['a2', 'b0']);
});

it('so many of one connection wait, and no more', async () => {
  const { call } = setUp();
  const [a, b] = [connection('a'), connection('b')];
  const most = readingLimits.atOnce + readingLimits.waitingPerConnection;
  for (let n = 0; n < most; n += 1) void call(a, `a${n}`);
  await expect(call(a, 'one more')).rejects.toMatchObject({
    shape: { code: 'UNAVAILABLE', retryable: true },
  });
  void call(b, 'b0');
});

it('those of a connection that is gone never begin', async () => {
  const { begun, turns, call, end } = setUp();
  const [a, b] = [connection('a'), connection('b')];
  for (let n = 0; n < 10; n += 1) void call(a, `a${n}`);
  turns.left(a);
  void call(b, 'b0');
  end(0);
  await vi.waitUntil(() => begun.length === 3);
  expect(begun).toEqual(['a0', 'a1', 'b0']);
});

it('one that fails makes room, and is answered with its error', async () => {
  const turns = createReadingTurns();
  let calls = 0;
  const { answer } = turns.inTurn({
    name: 'sessions.list',
    scope: 'operator.read',
    readsMuch: true,
    summary: '',
    answers: '',
    answer() {
      calls += 1;
      throw new Error('no');
    },
  });
  const a = connection('a');
  const answers = Array.from({ length: 5 }, async () => answer({}, a, again));
  const outcomes = await Promise.allSettled(answers);
  expect([calls, ...outcomes.map(({ status }) => status)]).toEqual([5, ...Array(5).fill('rejected')]);
});
