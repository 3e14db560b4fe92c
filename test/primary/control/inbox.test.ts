import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Inbox, type InboxOwner } from '../../../src/primary/control/inbox.js';
import { readRequest, type ReadRequest } from '../../../src/primary/control/read-request.js';
import { deferred, type Deferred } from '../../../src/shared/deferred.js';
import { controlLimits, largeFrameLimits } from '../../../src/shared/limits.js';
import { deadlineMs, seed, times } from '../../support/fuzz/settings.js';
import { waitFor } from '../../support/wait-for.js';

interface Watched {
  readonly inbox: Inbox<InboxOwner>;
  /** What was started, in order; refused requests with a `!`. */
  readonly started: readonly string[];
  /** Large frames that are being read. */
  readonly reading: readonly Deferred<ReadRequest>[];
  readonly paused: () => boolean;
}

/** @param turnTime never up, unless it says so */
function open(turnTime = { isUp: false }): Watched {
  const started: string[] = [];
  const reading: Deferred<ReadRequest>[] = [];
  let paused = false;
  const inbox = new Inbox(
    {
      largeFrames: {
        read() {
          const request = deferred<ReadRequest>();
          reading.push(request);
          return request.promise;
        },
      },
      turnTime,
      handle: (request) => started.push(request.ok ? request.id : `!${request.id}`),
    },
    { pause: () => (paused = true), resume: () => (paused = false) },
  );
  return { inbox, started, reading, paused: () => paused };
}

function frame(id: string, padding = 0): Buffer {
  const text = JSON.stringify({ type: 'req', id, method: 'health' });
  return Buffer.from(text + ' '.repeat(padding));
}

const large = (id: string): Buffer => frame(id, largeFrameLimits.aboveBytes);

describe('the requests of a connection', () => {
  it('are started at once while they are small', () => {
    const { inbox, started, paused } = open();
    inbox.take(frame('a'));
    inbox.take(frame('b'));
    expect(started).toEqual(['a', 'b']);
    expect(paused()).toBe(false);
  });

  it('wait for the next turn when this one has had enough, and the socket is not read meanwhile', async () => {
    const turnTime = { isUp: false };
    const { inbox, started, paused } = open(turnTime);
    inbox.take(frame('a'));
    turnTime.isUp = true;
    const others = Array.from({ length: controlLimits.queuedFrames + 2 }, (_, n) => `b${n}`);
    for (const id of others) inbox.take(frame(id));
    expect(started).toEqual(['a']);
    expect(paused()).toBe(true);
    await waitFor('the next turns', () => !paused());
    expect(started).toEqual(['a', ...others]);
    turnTime.isUp = false;
    inbox.take(frame('c'));
    expect(started.at(-1)).toBe('c');
  });

  it('keep their order behind large ones, and the socket is not read meanwhile', async () => {
    const { inbox, started, reading, paused } = open();
    for (const one of [frame('a'), large('b'), frame('c'), large('d'), frame('e')]) inbox.take(one);
    expect(started).toEqual(['a']);
    expect(paused()).toBe(true);
    reading[0]?.resolve(readRequest(frame('b')));
    await waitFor('the second large one', () => reading.length === 2);
    expect(started).toEqual(['a', 'b', 'c']);
    expect(paused()).toBe(true);
    inbox.take(frame('f'));
    reading[1]?.resolve(readRequest(frame('d')));
    await waitFor('all', () => started.length === 6);
    expect(started).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(paused()).toBe(false);
    inbox.take(frame('g'));
    expect(started.at(-1)).toBe('g');
  });

  it('are refused when too many wait', async () => {
    const { inbox, started, reading } = open();
    inbox.take(large('large'));
    for (let i = 0; i < controlLimits.queuedFrames; i += 1) inbox.take(frame(`${i}`));
    inbox.take(frame('over'));
    inbox.take(large('over'));
    expect(started).toEqual(['!over', '!invalid']);
    reading[0]?.resolve(readRequest(frame('large')));
    await waitFor('all', () => started.length === controlLimits.queuedFrames + 3);
    expect(started.slice(2, 5)).toEqual(['large', '0', '1']);
  });

  it('are dropped when it is gone', async () => {
    const { inbox, started, reading, paused } = open();
    inbox.take(large('a'));
    inbox.take(frame('b'));
    inbox.close();
    reading[0]?.resolve(readRequest(frame('a')));
    await waitFor('the end', () => !paused());
    expect(started).toEqual([]);
  });

  it('are each started once, in order, whatever comes when', { timeout: deadlineMs }, async () => {
    // A small one, a large one, or the end of reading the large one that is being read.
    const steps = fc.array(fc.constantFrom('small', 'large', 'read'), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const { inbox, started, reading, paused } = open();
        let sent = 0;
        let read = 0;
        for (const step of plan) {
          if (step === 'read') {
            reading[read]?.resolve(readRequest(frame(`large ${read}`)));
            if (reading.length > read) read += 1;
            await new Promise(setImmediate);
          } else {
            inbox.take(step === 'small' ? frame(`small ${sent}`) : large('large'));
            sent += 1;
          }
        }
        while (paused()) {
          reading[read]?.resolve(readRequest(frame(`large ${read}`)));
          read += 1;
          await new Promise(setImmediate);
        }
        let larges = 0;
        const order = plan
          .filter((step) => step !== 'read')
          .map((step, at) => (step === 'small' ? `small ${at}` : `large ${larges++}`));
        expect(started).toEqual(order);
      }),
      { seed, numRuns: times(150) },
    );
  });
});
