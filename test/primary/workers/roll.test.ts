/** Which workers a roll begins and which it tells to leave, whatever becomes of them meanwhile. */
import { expect, it } from 'vitest';
import type { ProcessSettings } from '../../../src/primary/workers/process-settings.js';
import { createRoll, type Roll } from '../../../src/primary/workers/roll.js';
import type { WorkerSlot } from '../../../src/primary/workers/worker-slot.js';
import { deferred, type Deferred } from '../../../src/shared/deferred.js';
import { waitFor } from '../../support/wait-for.js';

interface Started {
  readonly place: number;
  /** It has become ready, or not. */
  readonly ready: Deferred<boolean>;
}

interface FakeCrew {
  readonly roll: Roll;
  count: number;
  maxQueue: number;
  /** Places and queues of those that stay, in order. */
  staying(): string[];
  readonly started: readonly Started[];
  /** Ends of those that leave. */
  readonly leaving: readonly Deferred<void>[];
}

function createCrew(): FakeCrew {
  const slots = new Set<WorkerSlot>();
  const started: Started[] = [];
  const leaving: Deferred<void>[] = [];
  const settings = (): ProcessSettings => {
    return { version: 1, apiThreads: 1, toolThreads: 1, maxQueue: crew.maxQueue };
  };
  const add = (place: number): WorkerSlot => {
    const slot = { place, settings: settings() } as WorkerSlot;
    slots.add(slot);
    return slot;
  };
  const roll = createRoll({
    get count() {
      return crew.count;
    },
    get settings() {
      return settings();
    },
    staying: () => [...slots],
    async add(place) {
      const slot = add(place);
      const ready = deferred<boolean>();
      started.push({ place, ready });
      if (await ready.promise) return slot;
      slots.delete(slot);
      return undefined;
    },
    leave(slot) {
      slots.delete(slot);
      const end = deferred<void>();
      leaving.push(end);
      return end.promise;
    },
  });
  const crew: FakeCrew = {
    roll,
    count: 2,
    maxQueue: 1,
    staying: () => [...slots].map(({ place, settings }) => `${place}:${settings?.maxQueue}`).sort(),
    started,
    leaving,
  };
  add(1);
  add(2);
  return crew;
}

/** The nth that is started becomes ready, or does not. */
async function start({ started }: FakeCrew, nth: number, ready = true): Promise<void> {
  const one = await waitFor(`start ${nth}`, () => started[nth - 1]);
  one.ready.resolve(ready);
}

it('does nothing where all is as it should be', async () => {
  const crew = createCrew();
  await crew.roll.run();
  expect(crew.started).toEqual([]);
});

it('tells one to leave when its successor is ready, and not before', async () => {
  const crew = createCrew();
  crew.maxQueue = 2;
  const rolled = crew.roll.run();
  await waitFor('the first successor', () => crew.started.length === 1);
  expect(crew.leaving).toHaveLength(0);
  await start(crew, 1);
  await start(crew, 2);
  await rolled;
  expect(crew.staying()).toEqual(['1:2', '2:2']);
  expect(crew.leaving).toHaveLength(2);
});

it('starts what is missing and lets go of what is too many', async () => {
  const crew = createCrew();
  crew.count = 3;
  const grown = crew.roll.run();
  await start(crew, 1);
  await grown;
  expect(crew.staying()).toEqual(['1:1', '2:1', '3:1']);
  crew.count = 1;
  await crew.roll.run();
  expect(crew.staying()).toEqual(['1:1']);
  expect(crew.started).toHaveLength(1);
});

it('goes by the newest settings, also those that come in the middle of it', async () => {
  const crew = createCrew();
  crew.maxQueue = 2;
  const first = crew.roll.run();
  await start(crew, 1);
  await waitFor('the second successor', () => crew.started.length === 2);
  crew.maxQueue = 3;
  crew.count = 1;
  const second = crew.roll.run();
  await start(crew, 2);
  await waitFor('both that leave', () => crew.leaving.length === 2);
  for (const end of crew.leaving) end.resolve();
  await start(crew, 3);
  await Promise.all([first, second]);
  expect(crew.staying()).toEqual(['1:3']);
});

it('is given up after some tries, changes nothing then, and can be tried again', async () => {
  const crew = createCrew();
  crew.maxQueue = 2;
  const rolled = crew.roll.run();
  const failed = expect(rolled).rejects.toThrow('did not become ready');
  for (const nth of [1, 2, 3]) await start(crew, nth, false);
  await failed;
  expect(crew.staying()).toEqual(['1:1', '2:1']);
  const again = crew.roll.run();
  await start(crew, 4);
  await start(crew, 5);
  await again;
  expect(crew.staying()).toEqual(['1:2', '2:2']);
});

it('waits for those that leave when they are too many, and begins nothing after its end', async () => {
  const crew = createCrew();
  crew.count = 1;
  await crew.roll.run();
  crew.maxQueue = 2;
  const rolled = crew.roll.run();
  await start(crew, 1);
  await rolled;
  expect(crew.leaving).toHaveLength(2);
  crew.maxQueue = 3;
  const third = crew.roll.run();
  const none = Promise.race([
    waitFor('another start', () => crew.started.length === 2),
    third.then(() => 'stopped'),
  ]);
  crew.roll.stop();
  expect(await none).toBe('stopped');
  expect(crew.started).toHaveLength(1);
});
