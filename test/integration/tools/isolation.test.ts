/**
 * Tools that misbehave, one way after the other, while the gateway is busy with other things: each costs its own call and
 * nothing else, and leaves nothing behind (architecture, invariants 1 and 7).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { greeting, postChat } from '../../support/chat.js';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import { startGateway, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { scrape } from '../../support/metrics.js';
import { settledUse, treeUse, type TreeUse } from '../../support/process-tree.js';
import { newKey, runAgent } from '../../support/run-story.js';
import { answer } from '../../support/session-calls.js';
import { call, rowsOf, textsOf } from '../../support/tool-story.js';
import { waitFor } from '../../support/wait-for.js';

// Long enough for a slow machine to fill what a tool may have of memory, and no longer for what turns all that time.
const PATIENT_MS = 15_000;
const HASTY_MS = 4_000;
const workspace = temporaryDir();

interface Place {
  readonly gateway: TestGateway;
  readonly client: ControlClient;
  readonly before: TreeUse;
  readonly workers: readonly number[];
}

async function start(timeoutMs: number): Promise<Place> {
  const gateway = await startGateway({
    config: {
      tools: { allow: ['group:test', 'search'] },
      agents: { defaults: { workspace } },
      gateway: { workers: { count: 1, toolThreads: 3 } },
    },
    env: { PLLAN_TEST_TOOL_TIMEOUT_MS: String(timeoutMs) },
  });
  const client = await connectControl(gateway.wsUrl);
  // As it is when it has worked: what is loaded with the first call stays.
  await busy({ gateway, client });
  await Promise.all([1, 2, 3].map(() => runAgent(client, call('test_wait', { ms: 300 }))));
  await idleThreads(gateway, 0);
  return { gateway, client, before: treeUse(gateway), workers: gateway.workers() };
}

let patient: Place;
let hasty: Place;
beforeAll(async () => {
  [patient, hasty] = await Promise.all([start(PATIENT_MS), start(HASTY_MS)]);
}, 60_000);
afterAll(() => Promise.all([patient.gateway.stop(), hasty.gateway.stop()]));

/** Work of all kinds beside a tool; fails when any of it does. */
async function busy({ gateway, client }: Pick<Place, 'gateway' | 'client'>): Promise<void> {
  const completion = async (): Promise<void> => expect((await postChat(gateway, greeting)).status).toBe(200);
  const tool = async (): Promise<void> => {
    const text = newKey();
    expect(textOf((await runAgent(client, call('test_echo', { text }))).final)).toBe(text);
  };
  const health = async (): Promise<void> =>
    expect(await answer(client, 'health', {})).toMatchObject({ ok: true });
  for (let round = 0; round < 5; round += 1)
    await Promise.all([completion(), completion(), completion(), health(), tool(), completion()]);
}

const textOf = ({ payload }: Frame): string => textsOf(payload).join();

const failuresOf = async ({ gateway }: Place, kind: string): Promise<number> =>
  (await scrape(gateway.url)).total('pllan_tool_execution_total', { error_category: kind });

/** Resolves when at most so many tool threads live. */
function idleThreads(gateway: TestGateway, most: number): Promise<unknown> {
  return waitFor(
    'the tool threads to end',
    async () => (await scrape(gateway.url)).total('pllan_tool_threads') <= most,
    30_000,
  );
}

describe('a tool that', () => {
  it.each([
    ['turns in circles', 'loop', 'timeout', `the tool took longer than ${HASTY_MS} ms`],
    ['never settles', 'settle', 'timeout', `the tool took longer than ${HASTY_MS} ms`],
    ['blocks its thread', 'block', 'timeout', `the tool took longer than ${HASTY_MS} ms`],
    ['fills its heap', 'heap', 'memory', 'the tool needed more memory than it may have'],
    ['hoards buffers', 'buffers', 'memory', 'the tool has more than 256 MiB of buffers'],
    [
      'hoards buffers without a pause',
      'buffersAtOnce',
      'memory',
      'the tool took more than 512 MiB of memory',
    ],
    ['exits', 'exit', 'crashed', 'the tool ended its thread: worker exited with code: 0'],
    ['throws later', 'asyncThrow', 'crashed', 'the tool ended its thread: thrown later'],
    ['forgets a promise', 'rejection', 'crashed', 'the tool ended its thread: nobody waits'],
    ['prints without end', 'print', 'output', 'the tool printed more than 16777216 bytes'],
  ])(
    '%s ends alone',
    async (_what, how, kind, message) => {
      const place = kind === 'timeout' ? hasty : patient;
      const { gateway, client, workers } = place;
      const key = newKey();
      const failures = await failuresOf(place, kind);
      const [{ final }] = await Promise.all([
        runAgent(client, call('test_misbehave', { how }), key),
        // Of its kind only one at a time: two that hoard are more than this machine may have.
        busy(place),
      ]);
      expect(final.payload).toMatchObject({ status: 'ok' });
      expect(textOf(final)).toContain(`Error: ${message}`);
      expect((await rowsOf(client, key))[2]).toMatchObject({ role: 'toolResult', isError: true });
      await waitFor('the metric', async () => (await failuresOf(place, kind)) > failures);
      await busy(place);
      expect(gateway.workers()).toEqual(workers);
    },
    60_000,
  );

  it('searches with an expression that takes for ever ends alone', async () => {
    writeFileSync(join(workspace, 'file.txt'), `${'a'.repeat(60)}!`);
    const [{ final }] = await Promise.all([
      runAgent(hasty.client, call('search', { pattern: '^(a+)+$' })),
      busy(hasty),
    ]);
    expect(textOf(final)).toContain(`Error: the tool took longer than ${HASTY_MS} ms`);
  });

  it('gives too much is told so', async () => {
    const { final } = await runAgent(patient.client, call('test_large', { chars: 9_000_000 }));
    expect(textOf(final)).toContain('Error: its result is larger than 8388608 characters');
  });

  it.each([
    ['a timer', 'leaveTimer'],
    ['something that throws later', 'leaveBomb'],
  ])('leaves %s behind is answered, and no other call gets its thread', async (_what, how) => {
    const { client } = patient;
    const { final } = await runAgent(client, call('test_misbehave', { how, after: 'ends' }));
    expect(textOf(final)).toBe('done');
    const crashed = await failuresOf(patient, 'crashed');
    await Promise.all([1, 2, 3, 4].map(() => runAgent(client, call('test_wait', { ms: 200 }))));
    expect(await failuresOf(patient, 'crashed')).toBe(crashed);
  });

  it('has no thread is not lost: calls wait for one', async () => {
    const runs = Array.from({ length: 12 }, () =>
      runAgent(patient.client, call('test_wait', { ms: 100, say: 'ran' })),
    );
    for (const { final } of await Promise.all(runs)) expect(textOf(final)).toBe('ran');
  });
});

describe('afterwards', () => {
  it('no thread, no process and no memory is left', { timeout: 100_000 }, async () => {
    for (const { gateway, before } of [patient, hasty]) {
      await idleThreads(gateway, 0);
      const after = await settledUse(gateway, before);
      expect(after.threads).toBeLessThanOrEqual(before.threads);
      expect(after.grandchildren).toBe(0);
      expect(after.bytes / before.bytes).toBeLessThanOrEqual(1.2);
      expect(gateway.logLines().filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
    }
  });
});
