/** `agents.list` and `agent.identity.get` (methods.md §3). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { answer, refusal } from '../../support/session-calls.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway({
    config: { agents: { list: [{ id: 'ops' }, { id: 'Main', name: 'Ada', default: true }] } },
  });
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

it('agents.list gives the default agent first, each with its name', async () => {
  const model = { primary: 'echo/echo', fallbacks: [] };
  expect(await answer(client, 'agents.list', {})).toEqual({
    defaultId: 'main',
    mainKey: 'main',
    scope: 'per-sender',
    agents: [
      { id: 'main', name: 'Ada', model },
      { id: 'ops', name: 'ops', model },
    ],
  });
});

it('health names the agents that have a name', async () => {
  const { agents } = await answer(client, 'health', {});
  const names = (agents as { agentId: string; name?: string }[]).map(({ agentId, name }) => [agentId, name]);
  expect(new Map(names as [string, string | undefined][])).toEqual(
    new Map([
      ['ops', undefined],
      ['main', 'Ada'],
    ]),
  );
});

it.each([
  [{}, { agentId: 'main', name: 'Ada' }],
  [{ agentId: 'OPS' }, { agentId: 'ops', name: 'ops' }],
  [{ sessionKey: 'agent:ops:x' }, { agentId: 'ops', name: 'ops' }],
])('agent.identity.get %j', async (params, expected) => {
  expect(await answer(client, 'agent.identity.get', params)).toEqual(expected);
});

it.each([
  [{ agentId: 'nobody' }, 'unknown agent id "nobody"'],
  [{ sessionKey: 'agent:ops' }, 'malformed session key "agent:ops"'],
  [{ sessionKey: 'agent::x' }, 'malformed session key "agent::x"'],
  [{ sessionKey: 'agent:ops:x', agentId: 'main' }, 'agentId does not match sessionKey'],
])('agent.identity.get refuses %j', async (params, problem) => {
  expect(await refusal(client, 'agent.identity.get', params)).toBe(
    `INVALID_REQUEST invalid agent.identity.get params: ${problem}`,
  );
});
