import { expect, it } from 'vitest';
import { ApiError } from '../../src/shared/errors/api-error.js';
import { createRedactor } from '../../src/shared/log/redact.js';
import type { RunJob, RunPart } from '../../src/shared/run-job.js';
import type { WorkerMetrics } from '../../src/workers/metrics.js';
import type { TaskPool } from '../../src/workers/pools/api-pool.js';
import { createSessionRuns, type SessionRuns } from '../../src/workers/session-runs.js';
import type { TaskId } from '../../src/workers/threads/protocol.js';

const job = { kind: 'turn', runId: 'a' } as RunJob;
const metrics = { task() {}, poolRejected() {} } as unknown as WorkerMetrics;

/** Runs over a pool that does what is given. */
function over(pool: Pick<TaskPool, 'run' | 'abort'>): {
  readonly runs: SessionRuns;
  readonly parts: RunPart[];
} {
  const parts: RunPart[] = [];
  const clients = { begin: () => undefined };
  const send = (part: RunPart): void => void parts.push(part);
  return {
    runs: createSessionRuns({
      pool: () => pool,
      metrics,
      storeDir: '',
      workspaceOf: () => '',
      redactor: createRedactor([]),
      clients,
      send,
    }),
    parts,
  };
}

it('none is left when one was aborted before a thread had it', async () => {
  const { runs, parts } = over({ run: () => 1 as TaskId, abort: () => true });
  runs.start(job);
  runs.abort('a');
  await runs.idle();
  expect(parts).toEqual([]);
});

it('none is left when the pool refuses one at once', async () => {
  const { runs, parts } = over({
    run(_task, receiver) {
      receiver.failed(new ApiError('overloaded'));
      return 1 as TaskId;
    },
    abort: () => false,
  });
  runs.start(job);
  await runs.idle();
  expect(parts).toEqual([{ runId: 'a', type: 'lost', why: 'the worker is full' }]);
});

it('one that a thread has is left until it ends', async () => {
  const { runs } = over({ run: () => 1 as TaskId, abort: () => false });
  runs.start(job);
  runs.abort('a');
  let idle = false;
  void runs.idle().then(() => (idle = true));
  await new Promise(setImmediate);
  expect(idle).toBe(false);
});
