/** `system-event` against a running gateway: what the model is told, and signs of life (methods.md §2). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import {
  answerStream,
  providerConfig,
  startMockProvider,
  type MockProvider,
} from '../../support/mock-provider.js';
import { answer, newKey, refusal, runTurn } from '../../support/session-calls.js';

let provider: MockProvider;
let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  provider = await startMockProvider(answerStream(['Hi']));
  gateway = await startGateway({ config: providerConfig(provider.baseUrl) });
  client = await connectControl(gateway.wsUrl);
});
afterAll(async () => {
  await gateway.stop();
  await provider.stop();
});

/** What the model is asked in the next turn of a session. */
async function asked(sessionKey: string): Promise<unknown[]> {
  const before = provider.calls.length;
  await runTurn(client, 'Hello', sessionKey);
  const body = provider.calls[before]?.body ?? {};
  const { messages } = body as { messages: { content: unknown }[] };
  return messages.map(({ content }) => content);
}

it('the session’s next turn is told, in order, and people are not', async () => {
  const sessionKey = newKey();
  for (const text of ['door open', ' door shut '])
    expect(await answer(client, 'system-event', { text, sessionKey, anything: 1 })).toEqual({ ok: true });
  const told = ['System: door open', 'System: door shut'];
  expect(await asked(sessionKey)).toEqual([...told, 'Hello']);
  expect(await asked(sessionKey)).toEqual([...told, 'Hello', 'Hi', 'Hello']);
  const { messages } = await answer(client, 'sessions.get', { key: sessionKey });
  expect(JSON.stringify(messages)).not.toContain('door');
});

it('keeps the last twenty that wait', async () => {
  const sessionKey = newKey();
  for (let n = 0; n < 22; n += 1) await answer(client, 'system-event', { text: `n${n}`, sessionKey });
  const told = await asked(sessionKey);
  expect([told.length, told[0]]).toEqual([21, 'System: n2']);
});

it('a node’s beacon is presence, and an event only when it is news', async () => {
  const deviceId = randomUUID();
  const sessionKey = newKey();
  const beacon = (more: object): Promise<unknown> =>
    answer(client, 'system-event', { text: `Node: ${deviceId}`, sessionKey, deviceId, host: 'box', ...more });
  await beacon({ version: '1', reason: 'launch' });
  await beacon({ version: '1', reason: 'launch' });
  await beacon({ version: '2', reason: 'periodic' });
  const { payload } = await client.call('system-presence');
  const entries = (payload as unknown as { deviceId?: string }[]).filter((one) => one.deviceId === deviceId);
  expect(entries).toMatchObject([{ host: 'box', version: '2', text: `Node: ${deviceId}` }]);
  await client.frame(
    'presence',
    ({ event, payload: list }) => event === 'presence' && JSON.stringify(list).includes(deviceId),
  );
  expect(await asked(sessionKey)).toEqual([`System: Node: ${deviceId}`, 'Hello']);
});

it('a beacon is shown in short, however long it is', async () => {
  const deviceId = randomUUID();
  const text = `Node: ${deviceId} ${'x'.repeat(200_000)}`;
  await answer(client, 'system-event', { text, deviceId, sessionKey: newKey() });
  const { payload } = await client.call('system-presence');
  const [entry] = (payload as unknown as { deviceId?: string; text: string }[]).filter(
    (one) => one.deviceId === deviceId,
  );
  expect(entry?.text).toBe(text.slice(0, 4_096));
});

it('needs a text, and admin', async () => {
  expect(await refusal(client, 'system-event', { text: ' ' })).toBe('INVALID_REQUEST text required');
  expect(await refusal(client, 'system-event', {})).toBe('INVALID_REQUEST text required');
  const writer = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.write'] } });
  expect(await refusal(writer, 'system-event', { text: 'x' })).toBe(
    'FORBIDDEN missing scope: operator.admin',
  );
  await writer.close();
});

it('`wake` is about sessions of agents that there are, whatever way their names are written', async () => {
  const wake = { mode: 'next-heartbeat', text: 'Rain' };
  await answer(client, 'wake', { ...wake, agentId: 'MAIN' });
  await answer(client, 'wake', { ...wake, agentId: 'Main', sessionKey: newKey() });
  const { sessions } = await answer(client, 'sessions.list', {});
  const keys = (sessions as { key: string }[]).map(({ key }) => key);
  expect(keys).toContain('agent:main:main');
  expect(keys.filter((key) => !key.startsWith('agent:main:'))).toEqual([]);
  const unknown = 'INVALID_REQUEST invalid wake params: unknown agent id "nobody"';
  expect(await refusal(client, 'wake', { ...wake, agentId: 'nobody' })).toBe(unknown);
  expect(await refusal(client, 'wake', { ...wake, sessionKey: 'agent:nobody:main' })).toBe(unknown);
});
