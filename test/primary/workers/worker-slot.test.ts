/** A place for a worker process, with a process in it that says what the test wants to hear. */
import cluster from 'node:cluster';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  createWorkerSlot,
  type PrimaryAnswers,
  type WorkerSlot,
} from '../../../src/primary/workers/worker-slot.js';
import type { WorkerSnapshot } from '../../../src/shared/ipc.js';
import type { Logger } from '../../../src/shared/log/logger.js';
import { temporaryDir } from '../../support/gateway.js';
import { waitFor } from '../../support/wait-for.js';

const silent = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger;

const noAnswers: PrimaryAnswers = {
  run: () => ({ outcome: 'ended' }),
  session: () => null,
  unwatch: () => true,
  'kill-session': () => null,
  'child-started': () => true,
  'child-ended': () => true,
  'exec-approval': () => ({ run: false, why: 'never' }),
  'claim-key': () => ({ claim: 'full' }),
  'settle-key': () => true,
  'hook-wake': () => true,
  'hook-run': () => 'closed',
  'channel-request': () => 'unavailable',
  'auth-attempt': () => ({ lockedMs: 0, delayMs: 0 }),
  'untrusted-proxy': () => true,
};

/** Starts a process that runs `script` once it has been configured. */
async function startSlot(script: string, answers = noAnswers): Promise<WorkerSlot> {
  const exec = join(temporaryDir(), 'worker.cjs');
  writeFileSync(
    exec,
    `process.send({ type: 'started' });
    process.on('message', ({ type }) => {
      if (type === 'configure') { ${script} }
      if (type === 'exit') process.exit();
    });`,
  );
  cluster.setupPrimary({ exec, args: [], execArgv: [], serialization: 'advanced' });
  const ignore = (): void => {};
  const slot = createWorkerSlot({
    slot: 1,
    place: 1,
    isSuccessor: false,
    snapshot: () => ({ tools: {} }) as WorkerSnapshot,
    leaveMs: () => 50,
    events: {
      ready: ignore,
      withdrawn: ignore,
      lost: ignore,
      taken: ignore,
      declined: ignore,
      message: ignore,
    },
    answers,
    log: silent,
  });
  slot.addConnection();
  void slot.start();
  await waitFor('ready', () => slot.state === 'ready');
  return slot;
}

it('never counts less than no connection, whatever its process says', async () => {
  const slot = await startSlot(
    `process.send({ type: 'closed', count: 3 }); process.send({ type: 'ready', version: 1 });`,
  );
  try {
    expect(slot.connections).toBe(0);
    slot.returnConnection();
    expect(slot.connections).toBe(0);
    slot.addConnection();
    expect(slot.connections).toBe(1);
  } finally {
    await slot.stop();
  }
});

it('answers what its process asks, and tells who answers when the process is gone', async () => {
  const asked: unknown[] = [];
  let cancelled = false;
  const slot = await startSlot(
    `process.send({ type: 'ask', id: 1, name: 'child-started', question: { pid: 7 } });
     process.send({ type: 'ask', id: 2, name: 'child-ended', question: { pid: 7 } });
     process.send({ type: 'ready', version: 1 });
     process.on('message', (message) => {
       if (message.type === 'answer' && message.id === 1) process.send({ type: 'closed', count: 1 });
     });`,
    {
      ...noAnswers,
      'child-started': (question, _signal, context) => {
        asked.push([question, context]);
        return true;
      },
      'child-ended': (_question, signal) =>
        new Promise(() => signal.addEventListener('abort', () => (cancelled = true))),
    },
  );
  await waitFor('the answer', () => slot.connections === 0);
  expect(asked).toEqual([[{ pid: 7 }, { slot: 1 }]]);
  await slot.stop();
  expect(cancelled).toBe(true);
});
