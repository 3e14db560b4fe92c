/** Runs at moments that no client can choose: while a key is being claimed, while the gateway stops. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunInput } from '../../../src/primary/sessions/run.js';
import { createRuns, type Acceptance, type Runs } from '../../../src/primary/sessions/runs.js';
import { createSessions } from '../../../src/primary/sessions/sessions.js';
import { openEmbeddedStore } from '../../../src/primary/store/embedded.js';
import type { Store } from '../../../src/primary/store/store.js';
import { deferred, type Deferred } from '../../../src/shared/deferred.js';
import { createLogger } from '../../../src/shared/log/logger.js';
import type { RunJob } from '../../../src/shared/run-job.js';
import type { SessionKey } from '../../../src/shared/store/records.js';

const key = 'agent:main:main' as SessionKey;
const observer = { changed: () => {}, hears: () => false, appended: () => {} };
const input = (runId: string): RunInput => ({
  method: 'agent',
  runId,
  key,
  agentId: 'main',
  message: 'Hi',
  timeoutMs: Number.POSITIVE_INFINITY,
});

describe('runs', () => {
  let dir: string;
  let store: Store;
  let runs: Runs;
  let jobs: RunJob[];
  /** When set, keys are claimed only after it. */
  let gate: Deferred<void> | undefined;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'pllan-runs-'));
    store = openEmbeddedStore(dir);
    jobs = [];
    gate = undefined;
    const slow: Store = {
      ...store,
      async claimRun(run, changes) {
        await gate?.promise;
        return store.claimRun(run, changes);
      },
    };
    const scheme = { defaultAgentId: 'main', mainKey: 'main', scope: 'per-sender' } as const;
    runs = createRuns({
      sessions: createSessions({ store: slow, scheme, workspace: '/workspace', observer }),
      workers: { start: (job) => jobs.push(job), abort: () => {} },
      broadcast: () => {},
      maxConcurrent: 4,
      subagents: 1,
      queue: { mode: 'followup', debounceMs: 0, cap: 20, drop: 'summarize' },
      log: createLogger({ sink: { write: () => {} }, level: 'info', subsystem: 'test', secrets: [] }),
      now: Date.now,
    });
  });
  afterEach(async () => {
    await runs.stop();
    await store.close();
    rmSync(dir, { recursive: true });
  });

  const whileClaiming = (runId: string): Promise<Acceptance> => {
    gate = deferred();
    return runs.accept(input(runId));
  };

  it('one that is aborted while its key is being stored is accepted, and ends without having started', async () => {
    const accepted = whileClaiming('A');
    const aborted = runs.abort(key, 'A', 'rpc');
    gate?.resolve();
    expect(await accepted).toMatchObject({ outcome: 'accepted' });
    expect(await aborted).toEqual(['A']);
    expect(jobs).toEqual([]);
    const record = await store.runs.get('A');
    expect(record).toMatchObject({
      sessionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      end: { status: 'timeout', payload: { stopReason: 'rpc', timeoutPhase: 'queue' } },
    });
    expect(record).not.toHaveProperty('startedAt');
  });

  it('an abort does not wait for one that turns out to be a repeat', async () => {
    await runs.accept(input('A'));
    await runs.abort(key, 'A', 'rpc');
    const repeated = whileClaiming('A');
    const aborted = runs.abort(key, 'A', 'rpc');
    gate?.resolve();
    expect(await repeated).toMatchObject({ outcome: 'ended' });
    await aborted;
  });

  it('a store that fails accepts nothing, and lets the key be used again', async () => {
    const failing = whileClaiming('A');
    const second = runs.accept(input('A'));
    gate?.reject(new Error('disk full'));
    await expect(failing).rejects.toThrow('disk full');
    expect(await second).toEqual({ outcome: 'busy' });
    gate = undefined;
    expect(await runs.accept(input('A'))).toMatchObject({ outcome: 'accepted' });
  });

  it('after close none is accepted, and those that were go on', async () => {
    await runs.accept(input('A'));
    runs.close();
    expect(await runs.accept(input('B'))).toEqual({ outcome: 'closed' });
    expect(runs.live('A')).toBeDefined();
    await runs.stop();
    await runs.idle();
    expect(await store.runs.get('A')).toMatchObject({ end: { payload: { stopReason: 'restart' } } });
  });
});
