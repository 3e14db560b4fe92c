/** `exec.approvals.*` and `exec.approval.*` between clients: who asks, who decides, who hears of it (methods.md §11). */
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { answer, refusal } from '../../support/session-calls.js';

let gateway: TestGateway;
let asking: ControlClient;
let deciding: ControlClient;
const connect = (...scopes: string[]): Promise<ControlClient> =>
  connectControl(gateway.wsUrl, { params: { scopes } });
beforeAll(async () => {
  gateway = await startGateway();
  asking = await connect('operator.approvals');
  deciding = await connect('operator.approvals');
});
afterAll(() => gateway.stop());

const requested = (client: ControlClient, id: string): Promise<Frame> =>
  client.frame(
    'a request',
    ({ event, payload }) => event === 'exec.approval.requested' && payload?.id === id,
  );
const resolved = (client: ControlClient, id: string): Promise<Frame> =>
  client.frame(
    'a resolution',
    ({ event, payload }) => event === 'exec.approval.resolved' && payload?.id === id,
  );
const open = (params: object = {}): { id: string; outcome: Promise<Frame> } => {
  const id = randomUUID();
  return { id, outcome: asking.call('exec.approval.request', { id, command: 'ls -l', ...params }) };
};

it('one client asks, another decides, both hear of it', async () => {
  const { id, outcome } = open({ cwd: '/tmp', agentId: 'main', host: 'node', timeoutMs: 60_000 });
  const { payload } = await requested(deciding, id);
  expect(payload).toMatchObject({
    id,
    request: { command: 'ls -l', cwd: '/tmp', agentId: 'main', host: 'node', sessionKey: null },
  });
  expect(Number(payload?.expiresAtMs) - Number(payload?.createdAtMs)).toBe(60_000);
  expect(await answer(deciding, 'exec.approval.get', { id })).toEqual(payload);
  const list = (await deciding.call('exec.approval.list', {})).payload;
  expect(list).toEqual([payload]);
  expect(await answer(deciding, 'exec.approval.resolve', { id, decision: 'allow-once' })).toEqual({
    ok: true,
  });
  const { createdAtMs, expiresAtMs } = payload ?? {};
  const expected = { id, decision: 'allow-once', createdAtMs, expiresAtMs };
  expect((await outcome).payload).toEqual(expected);
  expect((await resolved(asking, id)).payload).toEqual({
    id,
    decision: 'allow-once',
    resolvedBy: 'gateway-client',
    ts: expect.any(Number),
  });
  expect(await answer(deciding, 'exec.approval.waitDecision', { id })).toEqual(expected);
  expect((await deciding.call('exec.approval.list', {})).payload).toEqual([]);
});

it('two who decide at once: the first counts, the second is told that there is nothing', async () => {
  const { id, outcome } = open();
  await requested(deciding, id);
  const [first, second] = await Promise.all([
    deciding.call('exec.approval.resolve', { id, decision: 'deny' }),
    asking.call('exec.approval.resolve', { id, decision: 'allow-once' }),
  ]);
  expect([first.ok, second.ok].filter(Boolean)).toHaveLength(1);
  expect((first.ok ? second : first).error).toMatchObject({ code: 'APPROVAL_NOT_FOUND' });
  expect((await outcome).payload?.decision).toBe(first.ok ? 'deny' : 'allow-once');
});

it('with twoPhase it is accepted first, and decided later', async () => {
  const id = randomUUID();
  const request = 'two-phase';
  const params = { id, command: 'ls', twoPhase: true };
  asking.send({ type: 'req', id: request, method: 'exec.approval.request', params });
  const first = await asking.frame('accepted', (frame) => frame.id === request);
  expect(first.payload).toMatchObject({ status: 'accepted', id });
  await answer(deciding, 'exec.approval.resolve', { id, decision: 'allow-always' });
  const last = await asking.frame(
    'decided',
    (frame) => frame.id === request && 'decision' in (frame.payload ?? {}),
  );
  expect(last.payload).toMatchObject({ id, decision: 'allow-always' });
});

it('without a decision in time there is none', async () => {
  const { id, outcome } = open({ timeoutMs: 20 });
  expect((await outcome).payload).toMatchObject({ id, decision: null });
  expect((await resolved(deciding, id)).payload).toEqual({ id, decision: null, ts: expect.any(Number) });
  expect(await refusal(deciding, 'exec.approval.resolve', { id, decision: 'deny' })).toMatch(
    /^APPROVAL_NOT_FOUND /,
  );
});

it('outlives the connection that asked: another may wait for it', async () => {
  const leaving = await connect('operator.approvals');
  const id = randomUUID();
  leaving.send({ type: 'req', id: 'x', method: 'exec.approval.request', params: { id, command: 'ls' } });
  await requested(deciding, id);
  await leaving.close();
  const waiting = asking.call('exec.approval.waitDecision', { id });
  await answer(deciding, 'exec.approval.resolve', { id, decision: 'deny' });
  expect((await waiting).payload).toMatchObject({ decision: 'deny' });
});

it('says what is wrong', async () => {
  const { id } = open();
  await requested(deciding, id);
  expect(await refusal(asking, 'exec.approval.request', { id, command: 'ls' })).toBe(
    `INVALID_REQUEST approval id already in use: ${id}`,
  );
  expect(await refusal(deciding, 'exec.approval.resolve', { id, decision: 'maybe' })).toBe(
    'INVALID_REQUEST invalid decision',
  );
  for (const method of ['exec.approval.get', 'exec.approval.waitDecision'])
    expect(await refusal(deciding, method, { id: 'nothing' })).toMatch(/^APPROVAL_NOT_FOUND /);
  await answer(deciding, 'exec.approval.resolve', { id, decision: 'deny' });
});

it('bounds what waits', async () => {
  const ids = Array.from({ length: 128 }, () => open().id);
  await requested(deciding, ids.at(-1) ?? '');
  expect((await open().outcome).error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  await Promise.all(ids.map((id) => answer(deciding, 'exec.approval.resolve', { id, decision: 'deny' })));
});

it('is nobody else’s business', async () => {
  const stranger = await connect('operator.read', 'operator.write', 'operator.pairing');
  const { id } = open();
  await requested(deciding, id);
  expect(await refusal(stranger, 'exec.approval.resolve', { id, decision: 'deny' })).toBe(
    'FORBIDDEN missing scope: operator.approvals',
  );
  expect(await refusal(deciding, 'exec.approvals.get', {})).toBe('FORBIDDEN missing scope: operator.admin');
  await answer(deciding, 'exec.approval.resolve', { id, decision: 'deny' });
  await stranger.call('health');
  expect(stranger.frames.filter(({ event }) => event?.startsWith('exec.'))).toEqual([]);
});

it('the file is read, and replaced by whoever has read it', async () => {
  const admin = await connect('operator.admin');
  const path = join(gateway.stateDir, 'exec-approvals.json');
  const missing = await answer(admin, 'exec.approvals.get', {});
  expect(missing).toMatchObject({
    path,
    exists: false,
    valid: true,
    file: { version: 1, defaults: { security: 'allowlist', ask: 'on-miss' }, agents: {} },
  });
  const file = {
    version: 1,
    defaults: { security: 'full', ask: 'always' },
    agents: { main: { ask: 'off' } },
  };
  const { hash } = await answer(admin, 'exec.approvals.set', { file });
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(file);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await refusal(admin, 'exec.approvals.set', { file })).toBe(
    'INVALID_REQUEST exec approvals base hash required; re-run exec.approvals.get and retry',
  );
  expect(await refusal(admin, 'exec.approvals.set', { file, baseHash: 'x' })).toBe(
    'INVALID_REQUEST exec approvals changed since last load; re-run exec.approvals.get and retry',
  );
  await answer(admin, 'exec.approvals.set', { file: { version: 1 }, baseHash: hash });
  writeFileSync(path, '{"version":1,"agents":7}');
  expect(await answer(admin, 'exec.approvals.get', {})).toMatchObject({
    exists: true,
    valid: false,
    problem: expect.stringContaining('at /agents'),
    file: { defaults: { security: 'deny' } },
  });
  expect(await refusal(admin, 'exec.approvals.set', { file: { version: 1, x: 1 } })).toMatch(
    /invalid exec.approvals.set params: at \/file: unexpected property 'x'/,
  );
});
