/**
 * Transforms that misbehave, one way after the other, while the gateway is busy with other hooks: each costs its own
 * request and nothing else, and leaves nothing behind (architecture, invariants 1 and 7).
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { greeting, postChat } from '../../support/chat.js';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { postHook, runIdOf, told, withHooks, withTransforms } from '../../support/hooks.js';
import { scrape } from '../../support/metrics.js';
import { settledUse, treeUse, type TreeUse } from '../../support/process-tree.js';
import { answer } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';

// Long enough for a slow machine to fill what a transform may have of memory, and no longer for what turns all that time.
const PATIENT_MS = 15_000;
const HASTY_MS = 2_500;

const modules = {
  'good.mjs': `export default ({ payload }) => ({ message: payload.say });`,
  'loop.mjs': `export default () => { for (;;); };`,
  'settle.mjs': `export default () => new Promise(() => {});`,
  'block.mjs': `export default () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`,
  'heap.mjs': `export default async () => {
    for (const hoarded = []; ;) { hoarded.push(Buffer.alloc(500_000).toString('latin1')); await new Promise(setImmediate); }
  };`,
  'buffers.mjs': `export default () => { for (const hoarded = []; ;) hoarded.push(Buffer.alloc(8_000_000, 1)); };`,
  'exit.mjs': `export default () => process.exit(0);`,
  'asyncThrow.mjs': `export default () => { setTimeout(() => { throw new Error('thrown later'); }, 5); return new Promise(() => {}); };`,
  'rejection.mjs': `export default () => { void Promise.reject(new Error('nobody waits')); return new Promise(() => {}); };`,
  'print.mjs': `export default () => { for (;;) console.log('x'.repeat(100_000)); };`,
  'atImport.mjs': `for (;;);`,
  'output.mjs': `export default () => ({ message: 'x'.repeat(20_000_000) });`,
};

interface Place {
  readonly gateway: TestGateway;
  readonly client: ControlClient;
  readonly before: TreeUse;
  readonly workers: readonly number[];
}

async function start(timeoutMs: number): Promise<Place> {
  const mappings = Object.keys(modules).map((module) => ({
    match: { path: module.replace('.mjs', '') },
    wakeMode: 'next-heartbeat',
    transform: { module },
  }));
  const gateway = await startGateway({
    config: withHooks({ mappings }, { gateway: { workers: { count: 1, toolThreads: 3 } } }),
    stateDir: withTransforms(modules),
    env: { PLLAN_TEST_TOOL_TIMEOUT_MS: String(timeoutMs) },
  });
  const client = await connectControl(gateway.wsUrl);
  await busy({ gateway, client });
  await idleThreads(gateway);
  return { gateway, client, before: treeUse(gateway), workers: gateway.workers() };
}

let patient: Place;
let hasty: Place;
beforeAll(async () => {
  [patient, hasty] = await Promise.all([start(PATIENT_MS), start(HASTY_MS)]);
}, 60_000);
afterAll(() => Promise.all([patient.gateway.stop(), hasty.gateway.stop()]));

/** Work of all kinds beside a transform; fails when any of it does. */
async function busy({ gateway, client }: Pick<Place, 'gateway' | 'client'>): Promise<void> {
  const completion = async (): Promise<void> => expect((await postChat(gateway, greeting)).status).toBe(200);
  const hook = async (name: string): Promise<void> =>
    void (await runIdOf(postHook(gateway, name, { say: 'x', message: 'x' })));
  const health = async (): Promise<void> =>
    expect(await answer(client, 'health', {})).toMatchObject({ ok: true });
  for (let round = 0; round < 5; round += 1)
    await Promise.all([completion(), hook('good'), health(), hook('agent'), hook('good'), completion()]);
}

const idleThreads = (gateway: TestGateway): Promise<unknown> =>
  waitFor(
    'the threads to end',
    async () => (await scrape(gateway.url)).total('pllan_tool_threads') === 0,
    30_000,
  );

it.each([
  ['turns in circles', 'loop', `timeout (the tool took longer than ${HASTY_MS} ms)`],
  ['turns in circles when it is loaded', 'atImport', `timeout (the tool took longer than ${HASTY_MS} ms)`],
  ['never settles', 'settle', `timeout (the tool took longer than ${HASTY_MS} ms)`],
  ['blocks its thread', 'block', `timeout (the tool took longer than ${HASTY_MS} ms)`],
  ['fills its heap', 'heap', 'memory (the tool '],
  ['hoards buffers', 'buffers', 'memory (the tool took more than 512 MiB of memory)'],
  ['exits', 'exit', 'crashed (the tool ended its thread: worker exited with code: 0)'],
  ['throws later', 'asyncThrow', 'crashed (the tool ended its thread: thrown later)'],
  ['forgets a promise', 'rejection', 'crashed (the tool ended its thread: nobody waits)'],
  ['prints without end', 'print', 'output (the tool printed more than 16777216 bytes)'],
  ['makes too much', 'output', 'output (its result is larger than 8388608 characters)'],
])('a transform that %s ends alone', { timeout: 60_000 }, async (_what, name, why) => {
  const place = why.startsWith('timeout') ? hasty : patient;
  const { gateway, workers } = place;
  const [answered] = await Promise.all([told(postHook(gateway, name, {})), busy(place)]);
  expect(answered).toEqual([500, { ok: false, error: 'hook mapping failed' }]);
  await waitFor('the log', () =>
    gateway.logLines().some(({ message }) => String(message).startsWith(`hook ${name}: ${why}`)),
  );
  await busy(place);
  expect(gateway.workers()).toEqual(workers);
});

it('more than there are threads for wait, and their clients may leave', async () => {
  const { gateway } = hasty;
  const stuck = Array.from({ length: 9 }, () => told(postHook(gateway, 'settle', {})));
  const leaving = new AbortController();
  const left = fetch(`${gateway.url}/hooks/settle`, { method: 'POST', signal: leaving.signal }).catch(
    () => 'left',
  );
  leaving.abort();
  expect(await left).toBe('left');
  for (const [status] of await Promise.all(stuck)) expect(status).toBe(500);
  await busy(hasty);
});

it('afterwards no thread, no process and no memory is left', { timeout: 100_000 }, async () => {
  for (const { gateway, before } of [patient, hasty]) {
    await idleThreads(gateway);
    const after = await settledUse(gateway, before);
    expect(after.threads).toBeLessThanOrEqual(before.threads);
    expect(after.grandchildren).toBe(0);
    expect(after.bytes / before.bytes).toBeLessThanOrEqual(1.2);
    // But for the requests themselves, which were to fail.
    const lines = gateway.logLines().filter(({ event }) => event !== 'http.failed');
    expect(lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  }
});
