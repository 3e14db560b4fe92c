/**
 * A gateway that dies before or after any of its writes, while messages are collected, merged and dropped: afterwards
 * each message that was accepted is kept once, in order, and each key has one end (runs-and-events.md §5, §12).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRuns, type Runs } from '../../../src/primary/sessions/runs.js';
import { createSessions } from '../../../src/primary/sessions/sessions.js';
import { openEmbeddedStore } from '../../../src/primary/store/embedded.js';
import type { Store } from '../../../src/primary/store/store.js';
import { deferred, type Deferred } from '../../../src/shared/deferred.js';
import { createLogger } from '../../../src/shared/log/logger.js';
import type { RunJob } from '../../../src/shared/run-job.js';
import type { SessionKey } from '../../../src/shared/store/records.js';

const key = 'agent:main:main' as SessionKey;
/** Accepts A to D and merges C and D: fewer writes than this. */
const WRITES = 10;

/** Counts writes down, and at the last one dies: before it, or after it and before anybody hears of it. */
function mortal(store: Store, writes: number, moment: 'before' | 'after', died: Deferred<'died'>): Store {
  let left = writes;
  const write = async <T>(action: () => Promise<T>): Promise<T> => {
    left -= 1;
    if (left > 0) return action();
    if (left === 0 && moment === 'after') await action();
    died.resolve('died');
    return new Promise(() => {});
  };
  return {
    ...store,
    commit: (changes) => write(() => store.commit(changes)),
    claimRun: (run, changes) => write(() => store.claimRun(run, changes)),
  };
}

function runsOn(store: Store, jobs: RunJob[]): Runs {
  const scheme = { defaultAgentId: 'main', mainKey: 'main', scope: 'per-sender' } as const;
  const observer = { changed: () => {}, hears: () => false, appended: () => {} };
  return createRuns({
    sessions: createSessions({ store, scheme: () => scheme, workspace: () => '/workspace', observer }),
    workers: { start: (job) => jobs.push(job) && 1, abort: () => {} },
    tellTool: () => {},
    broadcast: () => {},
    concurrent: () => ({ main: 4, subagent: 1, cron: 1 }),
    queue: () => ({ mode: 'collect', debounceMs: 0, cap: 2, drop: 'summarize' }),
    resetPolicy: () => undefined,
    ended: () => {},
    log: createLogger({ sink: { write: () => {} }, level: 'info', subsystem: 'test' }),
    now: Date.now,
  });
}

/** A runs while B, C and D come, of which B has to give way; then C and D are one run. Gives those that were accepted. */
async function converse(runs: Runs, jobs: RunJob[], accepted: string[]): Promise<'done'> {
  const accept = async (runId: string): Promise<void> => {
    const timeoutMs = Number.POSITIVE_INFINITY;
    const input = { method: 'chat.send', agentId: 'main', key, timeoutMs, queueMode: 'collect' } as const;
    const { outcome } = await runs.accept({ ...input, runId, message: `message ${runId}` });
    expect(outcome).toBe('accepted');
    accepted.push(runId);
  };
  const running = (runId: string): Promise<unknown> =>
    vi.waitUntil(() => jobs.some((job) => job.runId === runId));
  const end = (runId: string): void => {
    const usage = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 };
    const spent = [{ provider: 'p', model: 'm', usage, cost: undefined }];
    const model = { provider: 'p', model: 'm', stopReason: 'stop', lastUsage: usage, spent } as const;
    runs.received(1, { runId, type: 'text', text: `answer ${runId}` });
    runs.received(1, { runId, type: 'end', end: { status: 'ok', usage, ...model } });
  };
  await accept('A');
  await running('A');
  for (const runId of ['B', 'C', 'D']) await accept(runId);
  await vi.waitUntil(() => !runs.live('B'));
  end('A');
  await running('C');
  end('C');
  await runs.idle();
  return 'done';
}

describe.each(['before', 'after'] as const)('a crash %s', (moment) => {
  let dir: string;
  let store: Store;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'pllan-crash-'));
    store = openEmbeddedStore(dir);
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  });

  it.each(Array.from({ length: WRITES }, (_, index) => index + 1))('write %i', async (writes) => {
    const died = deferred<'died'>();
    const [jobs, accepted]: [RunJob[], string[]] = [[], []];
    const conversation = converse(runsOn(mortal(store, writes, moment, died), jobs), jobs, accepted);
    conversation.catch(() => {});
    const outcome = await Promise.race([conversation, died.promise]);
    if (writes === WRITES) expect(outcome).toBe('done');

    const later = runsOn(store, []);
    await later.recover();
    for (const runId of accepted) expect((await store.runs.get(runId))?.end).toBeDefined();
    expect(await store.runs.open()).toEqual([]);
    const said = await texts(store);
    const waiting = (await store.sessions.get(key))?.droppedMessages?.lines ?? [];
    const kept = [...said.flatMap((text) => text.match(/message [A-D]/g) ?? []), ...waiting];
    for (const runId of accepted) expect(kept.filter((text) => text === `message ${runId}`)).toHaveLength(1);
    const own = said.filter((text) => text.startsWith('message'));
    expect(own).toEqual(own.toSorted());
    const answers = said.filter((text) => text.startsWith('answer'));
    expect(new Set(answers).size).toBe(answers.length);
    await later.stop();
  });
});

async function texts({ sessions, transcripts }: Store): Promise<string[]> {
  const entry = await sessions.get(key);
  const lines = entry ? await transcripts.read(entry.sessionId, 1, 1_000) : [];
  return lines.map(
    ({ entry: { message } }) => (message as { content: { text: string }[] }).content[0]?.text ?? '',
  );
}
