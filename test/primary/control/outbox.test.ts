/** In which order sockets get what waits for them, and what all of them together may hold. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createOutbox, type Sender } from '../../../src/primary/control/outbox.js';
import { controlLimits, outboxLimits } from '../../../src/shared/limits.js';

const MIB = 1024 * 1024;

describe('the outbox', () => {
  it('sends at the end of the tick, once, answers first', async () => {
    const sent: string[] = [];
    const outbox = createOutbox();
    const sender = (name: string): Sender => {
      const queued = [name];
      return {
        bufferedBytes: 0,
        flush: () => sent.push(...queued.splice(0)),
        tooSlow: () => expect.fail(name),
      };
    };
    const [event, answer] = [sender('event'), sender('answer')];
    outbox.add(event, false);
    outbox.add(answer, false);
    outbox.add(answer, true);
    expect(sent).toEqual([]);
    await turn();
    expect(sent).toEqual(['answer', 'event']);
  });

  it('what goes to many does not hold up an answer', async () => {
    const sent: string[] = [];
    const outbox = createOutbox();
    const slow = (name: string): Sender => ({
      bufferedBytes: 0,
      flush() {
        const until = performance.now() + outboxLimits.turnMs;
        while (performance.now() < until);
        sent.push(name);
      },
      tooSlow: () => expect.fail(name),
    });
    const many = Array.from({ length: 6 }, (_, index) => slow(`event ${index}`));
    for (const one of many) outbox.add(one, false);
    setImmediate(() => outbox.add(slow('answer'), true));
    while (sent.length < 7) await turn();
    expect(sent.indexOf('answer')).toBeLessThan(4);
    expect(sent.filter((name) => name !== 'answer')).toEqual(many.map((_, index) => `event ${index}`));
  });

  it('closes the fullest sockets until all together hold less than their limit', async () => {
    const slow: number[] = [];
    const outbox = createOutbox();
    const count = 13;
    const held = (index: number): number => (40 + index) * MIB;
    const all = Array.from({ length: count }, (_, index): Sender => ({
      bufferedBytes: held(index),
      flush() {},
      tooSlow: () => slow.push(index),
    }));
    for (const one of all) outbox.add(one, false);
    await turn();
    expect(slow).toEqual([12, 11]);
    const left = all.slice(0, 11).reduce((total, { bufferedBytes }) => total + bufferedBytes, 0);
    expect(left).toBeLessThanOrEqual(controlLimits.maxBufferedTotalBytes);
  });
});
