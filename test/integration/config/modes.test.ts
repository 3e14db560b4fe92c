/** A change that needs a restart, in each mode, while a turn is under way (config.md §12.3). */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ended, sendTurn, started } from '../../support/chat-turns.js';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startEntry, type EntryProcess } from '../../support/entry-process.js';
import { cleanEnvironment, freePort, temporaryDir, TOKEN } from '../../support/gateway.js';
import {
  answerStream,
  providerConfig,
  startMockProvider,
  type MockProvider,
} from '../../support/mock-provider.js';
import { answer, newKey } from '../../support/session-calls.js';
import { waitFor, within } from '../../support/wait-for.js';

const stateDir = temporaryDir();
let provider: MockProvider;
let gateway: EntryProcess;
let client: ControlClient;
let port: number;
/** What the provider answers waits for this. */
let held: Promise<void> = Promise.resolve();

beforeAll(async () => {
  const hi = answerStream(['Hi']);
  provider = await startMockProvider((call) => void held.then(() => hi(call)));
  port = await freePort();
  write('hybrid', port, 'main');
  const env = cleanEnvironment(stateDir, { PLLAN_TEST_HOOKS: '1', PLLAN_TEST_COOL_DOWN_MS: '1' });
  gateway = startEntry(['gateway'], { env });
  await gateway.prints(/\] ready \(/);
  client = await connectControl(`ws://127.0.0.1:${port}`);
});
afterAll(async () => {
  client.socket.terminate();
  await gateway.stop();
  await provider.stop();
});

/** Saves as editors do. */
function write(mode: string, onPort: number, mainKey: string): void {
  const { models, agents } = providerConfig(provider.baseUrl);
  const config = {
    gateway: {
      mode: 'local',
      port: onPort,
      auth: { mode: 'token', token: TOKEN },
      reload: { mode, debounceMs: 50 },
    },
    session: { mainKey },
    models,
    agents,
  };
  const path = join(stateDir, 'pllan.json');
  writeFileSync(`${path}.saved`, JSON.stringify(config), { mode: 0o600 });
  renameSync(`${path}.saved`, path);
}

async function printed(text: string, from = 0): Promise<void> {
  await waitFor(text, () => gateway.output().slice(from).includes(text));
}

const mainKey = async (): Promise<unknown> => (await answer(client, 'agents.list', {})).mainKey;
const patch = async (change: object): Promise<Record<string, unknown>> => {
  const { hash } = await answer(client, 'config.get', {});
  return answer(client, 'config.patch', { raw: JSON.stringify(change), baseHash: hash });
};

/** A turn that goes on until it is let go; how it ended. */
async function turn(): Promise<() => Promise<void>> {
  let release!: () => void;
  held = new Promise((resolve) => (release = resolve));
  const runId = await sendTurn(client, newKey(), 'one');
  await started(client, runId);
  return async () => {
    release();
    expect(await ended(client, runId)).toMatchObject({ state: 'final' });
  };
}

it('hot: what needs it is ignored, the rest of the edit counts', async () => {
  write('hot', port, 'main');
  await printed('config change applied (dynamic reads: gateway.reload.mode)');
  const finish = await turn();
  write('hot', await freePort(), 'hot');
  await printed('config change requires gateway restart (gateway.port); ignoring in hot mode');
  expect(await mainKey()).toBe('hot');
  await finish();
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
});

it('off: nothing is done before the next start', async () => {
  expect(await patch({ gateway: { port, reload: { mode: 'off' } } })).toMatchObject({ ok: true });
  const finish = await turn();
  const answered = await patch({ gateway: { port: await freePort() }, session: { mainKey: 'off' } });
  expect(answered).toMatchObject({ pending: ['gateway.port', 'session.mainKey'], restart: null });
  expect(await mainKey()).toBe('hot');
  await finish();
  expect(await patch({ gateway: { port, reload: { mode: 'hybrid' } } })).toMatchObject({ pending: [] });
  expect(await mainKey()).toBe('off');
});

it.each(['restart', 'hybrid'])(
  '%s: the turn ends first, and clients come back to the new port',
  async (mode) => {
    write(mode, port, mode);
    await waitFor('the mode', async () => (await mainKey().catch(() => undefined)) === mode);
    const finish = await turn();
    const [next, said] = [await freePort(), gateway.output().length];
    write(mode, next, `${mode}ed`);
    const deferred =
      'config change requires gateway restart (gateway.port) — deferring until 1 run(s) complete';
    await printed(deferred, said);
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    await finish();
    expect(await within('close', client.closed)).toEqual({ code: 1012, reason: 'service restart' });
    expect(client.frames.at(-1)).toMatchObject({
      event: 'shutdown',
      payload: { reason: 'gateway restarting', restartExpectedMs: 1_500 },
    });
    port = next;
    client = await waitFor('to be let in', async () => {
      const back = await connectControl(`ws://127.0.0.1:${port}`).catch(() => undefined);
      return back?.hello.ok === true && back;
    });
    expect(await mainKey()).toBe(`${mode}ed`);
    await waitFor('ready', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200);
  },
);
