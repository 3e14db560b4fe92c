/**
 * A state directory that becomes read-only under the gateway: what needs no disk is served, what must be stored is refused and
 * said to be, and all works again when it can be written, without a restart (http.md §2, operations.md §6).
 */
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../support/control-client.js';
import { chatRequest, startFor, temporaryDir, type TestGateway } from '../support/gateway.js';
import { scrape } from '../support/metrics.js';
import { byDiskError, byFlag, byMount, byPermissions, type ReadOnly } from '../support/read-only.js';
import { requestOnce } from '../support/request-once.js';
import { answer, newKey, runTurn } from '../support/session-calls.js';
import { postInvoke } from '../support/tool-calls.js';
import { onSession } from '../support/session-chat.js';
import { waitFor, within } from '../support/wait-for.js';

async function failing({ url }: TestGateway): Promise<unknown> {
  const { body } = await requestOnce(`${url}/readyz`);
  return (JSON.parse(body) as { failing: unknown }).failing;
}

const becomes = (gateway: TestGateway, ...names: string[]): Promise<boolean> =>
  waitFor(
    `readiness with ${names.join(', ') || 'nothing failing'}`,
    async () => JSON.stringify(await failing(gateway)) === JSON.stringify(names),
  );

async function chat({ url }: TestGateway, content: string, sessionKey?: string) {
  const { headers, ...rest } = chatRequest({ content });
  const all = { ...(headers as Record<string, string>), ...(sessionKey ? onSession(sessionKey) : {}) };
  return requestOnce(`${url}/v1/chat/completions`, { ...rest, headers: all });
}

async function writable({ url }: TestGateway): Promise<Record<string, number>> {
  const metrics = await scrape(url);
  return {
    store: metrics.total('pllan_store_writable'),
    stateDir: metrics.total('pllan_state_dir_writable'),
  };
}

async function texts(client: ControlClient, sessionKey: string): Promise<unknown[]> {
  const { messages } = await answer(client, 'chat.history', { sessionKey });
  return (messages as { role: string; content: { text: string }[] }[])
    .filter(({ role }) => role === 'user')
    .map(({ content }) => content[0]?.text);
}

async function patch(client: ControlClient, level: string) {
  const { hash } = await answer(client, 'config.get', {});
  return client.call('config.patch', { raw: JSON.stringify({ logging: { level } }), baseHash: hash });
}

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

it.for([
  ['a read-only mount', byMount],
  ['permissions', byPermissions],
] as const)('%s: served, refused by name, and whole again', async ([, make], test) => {
  const folder: ReadOnly = make(test);
  const gateway = await startFor(test, { stateDir: folder.dir, through: folder.through });
  test.onTestFinished(folder.end);
  const client = await connectControl(gateway.wsUrl);
  const key = newKey();
  expect(await runTurn(client, 'one', key)).toMatchObject({ ok: true });

  folder.begin();
  await becomes(gateway, 'store', 'state-dir');
  expect(await writable(gateway)).toEqual({ store: 0, stateDir: 0 });
  expect((await requestOnce(`${gateway.url}/healthz`)).status).toBe(200);
  expect((await chat(gateway, 'needs no disk')).status).toBe(200);
  const refused = /^cannot write to the store: (?:the file system is read-only|permission denied) \(E\w+\)/;
  expect(await runTurn(client, 'two', key)).toMatchObject({
    ok: false,
    error: { code: 'UNAVAILABLE', message: expect.stringMatching(refused) as string, retryable: true },
  });
  const onHttp = await chat(gateway, 'three', key);
  expect(onHttp).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  expect(JSON.parse(onHttp.body)).toMatchObject({
    error: { type: 'service_unavailable', message: expect.stringMatching(refused) as string },
  });
  expect(await patch(client, 'debug')).toMatchObject({
    ok: false,
    error: {
      code: 'UNAVAILABLE',
      retryable: true,
      message: expect.stringMatching(/cannot write .*pllan\.json.* make its folder writable/) as string,
    },
  });
  expect(await texts(client, key)).toEqual(['one']);
  // A restart would not come up again: the gateway goes on as it is.
  await answer(client, 'gateway.restart.request', {});
  await waitFor('the restart', () => /restart given up.*cannot be written/.test(gateway.output()));
  // Nor does a worker need to write anything.
  const before = gateway.workers();
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await waitFor('another worker', () => gateway.workers().some((pid) => !before.includes(pid)));
  expect((await chat(gateway, 'of a new worker')).status).toBe(200);
  // It reads the store only where it can say so: the primary would use pages again that it reads.
  expect((await postInvoke(gateway, { tool: 'sessions_list' })).status).toBe(500);
  const other = await connectControl(gateway.wsUrl);
  expect(other.hello).toMatchObject({ ok: true });
  expect(await failing(gateway)).toEqual(['store', 'state-dir']);
  expect(count(gateway.stderr(), /the store \S+ cannot be written/g)).toBe(1);
  expect(count(gateway.stderr(), /the state directory \S+ cannot be written: .*no restart is needed/g)).toBe(
    1,
  );

  folder.end();
  await becomes(gateway);
  expect(await writable(gateway)).toEqual({ store: 1, stateDir: 1 });
  expect(await runTurn(client, 'four', key)).toMatchObject({ ok: true });
  expect((await chat(gateway, 'five', key)).status).toBe(200);
  expect(await texts(client, key)).toEqual(['one', 'four', 'five']);
  expect((await postInvoke(gateway, { tool: 'sessions_list' })).status).toBe(200);
  expect(await patch(client, 'debug')).toMatchObject({ ok: true });
  expect(await gateway.stop()).toBe(0);
});

it('permissions: probes on a connection that a worker has are answered, and a stop is a clean one', async (test) => {
  const folder = byPermissions();
  const gateway = await startFor(test, { stateDir: folder.dir, through: folder.through });
  test.onTestFinished(folder.end);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  test.onTestFinished(() => agent.destroy());
  const get = (path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request(`${gateway.url}${path}`, { agent }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode));
      })
        .once('error', reject)
        .end();
    });
  expect(await get('/v1/models')).toBe(401);
  folder.begin();
  expect(await get('/healthz')).toBe(200);
  expect(await gateway.stop()).toBe(0);
  expect(gateway.stderr()).toContain('gateway.lock is left behind: permission denied (EACCES)');
});

it('immutable files: nothing is read either, and the gateway lives, is whole again, and stops', async (test) => {
  const folder = byFlag(test);
  const gateway = await startFor(test, { stateDir: folder.dir });
  test.onTestFinished(folder.end);
  const client = await connectControl(gateway.wsUrl);
  const key = newKey();
  expect(await runTurn(client, 'one', key)).toMatchObject({ ok: true });
  folder.begin();
  const refused = { ok: false, error: { code: 'UNAVAILABLE', retryable: true } };
  expect(await runTurn(client, 'two', key)).toMatchObject(refused);
  expect((await chat(gateway, 'three', key)).status).toBe(503);
  expect(await client.call('chat.history', { sessionKey: key })).toMatchObject(refused);
  expect((await postInvoke(gateway, { tool: 'sessions_list' })).status).toBe(500);
  expect((await chat(gateway, 'needs no disk')).status).toBe(200);
  await becomes(gateway, 'store', 'state-dir');
  const workers = gateway.workers();
  folder.end();
  await becomes(gateway);
  expect(await runTurn(client, 'four', key)).toMatchObject({ ok: true });
  expect(await texts(client, key)).toEqual(['one', 'four']);
  expect(gateway.workers()).toEqual(workers);
  folder.begin();
  expect(await gateway.stop()).toBe(0);
});

it('a disk that failed: a write of any size is refused, the gateway lives and stops', async (test) => {
  const disk = byDiskError(test);
  const file = join(temporaryDir(), 'gateway.log');
  const gateway = await startFor(test, { stateDir: disk.dir, config: { logging: { file } } });
  const client = await connectControl(gateway.wsUrl);
  const key = newKey();
  expect(await runTurn(client, 'one', key)).toMatchObject({ ok: true });
  disk.begin();
  await waitFor('the first refusal', async () => !(await runTurn(client, 'two', key)).ok);
  await becomes(gateway, 'store');
  // More than the part of its file that the store has before its eyes.
  const long = 'a long message '.repeat(20_000);
  expect(await runTurn(client, long, key)).toMatchObject({ ok: false, error: { code: 'UNAVAILABLE' } });
  expect((await chat(gateway, 'needs no disk')).status).toBe(200);
  expect(await texts(client, key)).toEqual(['one']);
  process.kill(gateway.pid, 'SIGTERM');
  expect(await within('exit', gateway.exited)).toBe(0);
});
