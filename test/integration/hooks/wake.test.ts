/** `POST /hooks/wake` (http.md §11.2): what it tells is on disk when it is answered, and the next turn sees it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startFor, startGateway, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { postHook, told, withHooks } from '../../support/hooks.js';
import {
  answerJson,
  providerConfig,
  startMockProvider,
  type MockProvider,
} from '../../support/mock-provider.js';
import { runTurn } from '../../support/session-calls.js';
import { waitFor } from '../../support/wait-for.js';

let provider: MockProvider;
let gateway: TestGateway;
let client: ControlClient;
let config: Record<string, unknown>;
beforeAll(async () => {
  provider = await startMockProvider();
  const { models, agents } = providerConfig(provider.baseUrl) as Record<string, object>;
  const over = { models, agents: { ...agents, list: [{ id: 'main' }, { id: 'mail' }] } };
  config = withHooks({ allowRequestSessionKey: true }, { ...over, gateway: { workers: { count: 2 } } });
  gateway = await startGateway({ config });
  client = await connectControl(gateway.wsUrl);
});
afterAll(async () => {
  await gateway.stop();
  await provider.stop();
});

const shown = (): string[] => provider.calls.map(({ body }) => JSON.stringify(body.messages));
const later = { mode: 'next-heartbeat' };
const ok = (mode: string): [number, object] => [200, { ok: true, mode }];

describe('a wake', () => {
  it.each([
    ['the main session', {}, 'main'],
    ["that of an agent's", { agentId: 'MAIL' }, 'agent:mail:main'],
    ['the one that is named', { sessionKey: 'notes' }, 'agent:main:notes'],
  ])('for later is shown to the next turn of %s, once', async (_which, target, key) => {
    const text = `Rain at ${key}`;
    const calls = provider.calls.length;
    expect(await told(postHook(gateway, 'wake', { text, ...later, ...target }))).toEqual(
      ok('next-heartbeat'),
    );
    await runTurn(client, 'first', key);
    expect(provider.calls).toHaveLength(calls + 1);
    expect(shown().at(-1)).toContain(`System: ${text}`);
    await runTurn(client, 'second', key);
    expect(shown().at(-1)?.split(`System: ${text}`)).toHaveLength(2);
  });

  it('is for now when nothing is said: a turn follows at once, which says nothing unless there is something', async () => {
    provider.behave(answerJson('NO_REPLY'));
    const from = client.frames.length;
    expect(await told(postHook(gateway, 'wake', { text: 'Fire', agentId: 'mail' }))).toEqual(ok('now'));
    await waitFor('the turn', () => shown().some((text) => text.includes('System: Fire')));
    const final = await waitFor('the end', () =>
      client.frames
        .slice(from)
        .find(({ event, payload }) => event === 'chat' && payload?.sessionKey === 'agent:mail:main'),
    );
    expect(final.payload?.state).toBe('final');
    expect(final.payload?.message).toBeUndefined();
    provider.behave(answerJson('Hi there'));
  });

  it('that comes while another waits needs no turn of its own', async () => {
    const held: (() => void)[] = [];
    provider.behave((call) => void held.push(() => answerJson('Hi there')(call)));
    const texts = Array.from({ length: 12 }, (_, n) => `Drop ${n}.`);
    for (const text of texts) await postHook(gateway, 'wake', { text, sessionKey: 'drops' });
    await waitFor('the first turn', () => held.length === 1);
    provider.behave(answerJson('Hi there'));
    held[0]?.();
    await waitFor('the second turn', () =>
      shown().some((said) => texts.every((text) => said.includes(text))),
    );
    await runTurn(client, 'drops?', 'drops');
    expect(shown().filter((said) => said.includes('Drop 0.'))).toHaveLength(3);
  });

  it('is cut when it is too long', async () => {
    const text = 'x'.repeat(5_000);
    expect((await postHook(gateway, 'wake', { text, ...later, sessionKey: 'long' })).status).toBe(200);
    await runTurn(client, 'long?', 'long');
    expect(/x{3,}/.exec(shown().at(-1) ?? '')?.[0]).toHaveLength(4_096);
  });

  it.each([
    [{}, 'text required'],
    [{ text: '' }, 'text required'],
    [{ text: ' \n' }, 'text required'],
    [{ text: 7 }, 'text required'],
    [{ text: 'x', mode: 'later' }, 'mode must be one of now, next-heartbeat'],
    [{ text: 'x', mode: 1 }, 'mode must be a string'],
    [{ text: 'x', agentId: 'nobody' }, 'unknown agent id "nobody"'],
    [{ text: 'x', agentId: 'mail', sessionKey: 'agent:main:x' }, 'agentId does not match sessionKey'],
  ])('is 400: %j', async (body, error) => {
    expect(await told(postHook(gateway, 'wake', body))).toEqual([400, { ok: false, error }]);
  });

  it('survives the gateway: what was answered is seen after a kill', async (test) => {
    const stateDir = temporaryDir();
    const first = await startFor(test, { stateDir, config });
    const texts = Array.from({ length: 10 }, (_, n) => `Kept ${n}.`);
    const answers = await Promise.all(texts.map((text) => postHook(first, 'wake', { text, ...later })));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    first.child.kill('SIGKILL');
    await first.exited;
    const second = await startFor(test, { stateDir, config });
    await runTurn(await connectControl(second.wsUrl), 'what is there?', 'main');
    for (const text of texts) expect(shown().at(-1)).toContain(`System: ${text}`);
  });
});
