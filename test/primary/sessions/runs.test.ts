/** Runs at moments that no client can choose: while a key is being claimed, while the gateway stops. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunInput } from '../../../src/primary/sessions/run.js';
import type { Acceptance } from '../../../src/primary/sessions/run-acceptance.js';
import { createRuns, type Runs } from '../../../src/primary/sessions/runs.js';
import { createSessions } from '../../../src/primary/sessions/sessions.js';
import { openEmbeddedStore } from '../../../src/primary/store/embedded.js';
import type { Store } from '../../../src/primary/store/store.js';
import { deferred, type Deferred } from '../../../src/shared/deferred.js';
import { runLimits } from '../../../src/shared/session-limits.js';
import { createLogger } from '../../../src/shared/log/logger.js';
import type { RunJob } from '../../../src/shared/run-job.js';
import type { SessionKey } from '../../../src/shared/store/records.js';
import { interruptedRun } from '../../support/seed-store.js';

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
  /** When set, nothing else is stored before it. */
  let commits: Deferred<void> | undefined;
  /** What has been asked of the store. */
  let asked: ('claim' | 'commit')[];
  /** `chat` events, in short, and lifecycle phases. */
  let told: string[];

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'pllan-runs-'));
    store = openEmbeddedStore(dir);
    jobs = [];
    told = [];
    asked = [];
    [gate, commits] = [undefined, undefined];
    const slow: Store = {
      ...store,
      async claimRun(run, changes) {
        asked.push('claim');
        await gate?.promise;
        return store.claimRun(run, changes);
      },
      async commit(changes) {
        asked.push('commit');
        await commits?.promise;
        return store.commit(changes);
      },
    };
    runs = runsOn(slow);
  });
  afterEach(async () => {
    await runs.stop();
    await store.close();
    rmSync(dir, { recursive: true });
  });

  const runsOn = (store: Store): Runs => {
    const scheme = { defaultAgentId: 'main', mainKey: 'main', scope: 'per-sender' } as const;
    return createRuns({
      sessions: createSessions({ store, scheme: () => scheme, workspace: () => '/workspace', observer }),
      workers: { start: (job) => jobs.push(job), abort: () => {} },
      tellTool: () => {},
      broadcast(_name, payload) {
        const { runId, state, data } = JSON.parse(payload() as string) as {
          runId: string;
          state?: string;
          data?: { phase: string };
        };
        told.push(`${runId} ${state ?? data?.phase}`);
      },
      concurrent: () => ({ main: 4, subagent: 1, cron: 1 }),
      queue: () => ({ mode: 'followup', debounceMs: 0, cap: 20, drop: 'summarize' }),
      resetPolicy: () => undefined,
      ended: () => {},
      log: createLogger({ sink: { write: () => {} }, level: 'info', subsystem: 'test' }),
      now: Date.now,
    });
  };

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

  it('one that need not wait begins with the commit that takes its key, and tells of it after that', async () => {
    await runs.accept(input('A'));
    expect([asked, told]).toEqual([['claim'], []]);
    await vi.waitUntil(() => jobs.length > 0);
    expect([asked, told]).toEqual([['claim'], ['A start']]);
    const record = await store.runs.get('A');
    expect(record?.startedAt).toBeTypeOf('number');
    expect(jobs).toMatchObject([{ runId: 'A', sessionId: record?.sessionId, before: 2 }]);
    expect(await store.transcripts.length(record?.sessionId ?? '')).toBe(2);
  });

  it('a crash before one is told that it began ends it once, with its message kept once', async () => {
    await runs.accept(input('A'));
    const later = runsOn(store);
    await later.recover();
    expect(await later.accept(input('A'))).toMatchObject({
      outcome: 'ended',
      end: { message: expect.stringMatching(/^interrupted: /) },
    });
    const { sessionId = '' } = (await store.runs.get('A')) ?? {};
    expect(await store.transcripts.length(sessionId)).toBe(2);
    await later.stop();
  });

  it('one that is aborted while its message is being stored with its key keeps the message, and has a whole life', async () => {
    const accepted = whileClaiming('A');
    await vi.waitUntil(() => asked.length > 0);
    const aborted = runs.abort(key, 'A', 'rpc');
    gate?.resolve();
    expect(await accepted).toMatchObject({ outcome: 'accepted' });
    expect(await aborted).toEqual(['A']);
    await expectWholeLife();
  });

  it('one that is aborted while its message is being stored later does so too', async () => {
    const before = runs.hold(key, () => {});
    await runs.accept(input('A'));
    commits = deferred();
    before?.leave();
    await vi.waitUntil(() => asked.length > 1);
    const aborted = runs.abort(key, 'A', 'rpc');
    commits.resolve();
    expect(await aborted).toEqual(['A']);
    await expectWholeLife();
  });

  const expectWholeLife = async (): Promise<void> => {
    expect([jobs, told]).toEqual([[], ['A start', 'A end', 'A aborted']]);
    const record = await store.runs.get('A');
    expect(record?.end).toMatchObject({ status: 'timeout', payload: { stopReason: 'rpc' } });
    expect(await store.transcripts.length(record?.sessionId ?? '')).toBe(2);
  };

  it('one whose end is being stored cannot be aborted, and ends once', async () => {
    await runs.accept(input('A'));
    await vi.waitUntil(() => jobs.length > 0);
    commits = deferred();
    const ending = runs.abort(key, 'A', 'stop');
    runs.received(1, { runId: 'A', type: 'text', text: 'too late' });
    expect(await runs.abort(key, undefined, 'rpc')).toEqual([]);
    commits.resolve();
    await ending;
    expect(told).toEqual(['A start', 'A end', 'A aborted']);
    expect(await store.runs.get('A')).toMatchObject({ end: { payload: { stopReason: 'stop' } } });
  });

  it('a message that cannot be stored ends its run with an error, which is no part of a life', async () => {
    const before = runs.hold(key, () => {});
    await runs.accept(input('A'));
    const live = runs.live('A');
    commits = deferred();
    commits.promise.catch(() => {});
    before?.leave();
    commits.reject(new Error('disk full'));
    expect((await live?.ended)?.message).toBe('interrupted: disk full');
    expect(told).toEqual(['A error']);
  });

  it('repeats of an ended key at one time all get its end', async () => {
    await runs.accept(input('A'));
    await runs.abort(key, 'A', 'rpc');
    const answers = await Promise.all([runs.accept(input('A')), runs.accept(input('A'))]);
    expect(answers).toMatchObject([{ outcome: 'ended' }, { outcome: 'ended' }]);
  });

  it('whoever begins to wait for an ended run while its key is asked for again is told its end', async () => {
    await runs.accept(input('A'));
    await runs.abort(key, 'A', 'rpc');
    const repeated = whileClaiming('A');
    const waited = runs.waitFor('A', 3_600_000, {});
    gate?.resolve();
    expect(await repeated).toMatchObject({ outcome: 'ended' });
    expect(await waited).toMatchObject({ runId: 'A', end: { status: 'timeout' } });
  });

  it('a repeat of an ended key gets its end also where its session is full', async () => {
    await runs.accept(input('A'));
    await runs.abort(key, 'A', 'rpc');
    for (let n = 0; n <= 64; n += 1) await runs.accept(input(`run ${n}`));
    expect(await runs.accept(input('B'))).toEqual({ outcome: 'busy' });
    expect(await runs.accept(input('A'))).toMatchObject({ outcome: 'ended' });
  });

  it('messages of all that wait may be so long together, however few they are', async () => {
    const message = 'x'.repeat(runLimits.waitingChars / 64);
    gate = deferred();
    const waiting = Array.from({ length: 64 }, (_, n) => runs.accept({ ...input(`run ${n}`), message }));
    expect(await runs.accept(input('one more'))).toEqual({ outcome: 'busy' });
    gate.reject(new Error('disk full'));
    await Promise.allSettled(waiting);
    gate = undefined;
    expect(await runs.accept(input('one more'))).toMatchObject({ outcome: 'accepted' });
  });

  it('so many may wait for an end, and no more of one owner; those of one that leaves wait no longer', async () => {
    const [one, other] = [{}, {}];
    const waits = Array.from({ length: runLimits.waitsPerConnection }, () => runs.waitFor('A', 60_000, one));
    expect(await runs.waitFor('A', 60_000, one)).toBe('full');
    const others = runs.waitFor('A', 60_000, other);
    runs.left(one);
    expect(new Set(await Promise.all(waits))).toEqual(new Set([undefined]));
    await runs.accept(input('A'));
    await runs.abort(key, 'A', 'rpc');
    expect(await others).toMatchObject({ runId: 'A', end: { status: 'timeout' } });
  });

  it('nothing is accepted before what a crash left is settled: neither in its place nor with its key', async () => {
    await store.commit([interruptedRun('A')]);
    commits = deferred();
    const recovered = runs.recover();
    for (const runId of ['A', 'B']) expect(await runs.accept(input(runId))).toEqual({ outcome: 'closed' });
    commits.resolve();
    await recovered;
    expect(await runs.accept(input('A'))).toMatchObject({ outcome: 'ended', end: { status: 'error' } });
    expect(await runs.accept(input('B'))).toMatchObject({ outcome: 'accepted' });
  });
});
