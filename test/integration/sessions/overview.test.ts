/** What `health` and `status` tell of sessions (methods.md §2). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, type TestGateway } from '../../support/gateway.js';
import { runAgent } from '../../support/run-story.js';
import { waitFor } from '../../support/wait-for.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

interface Sessions {
  readonly count: number;
  readonly recent: readonly Record<string, unknown>[];
}

it('both count the sessions, and show those that were used last', async () => {
  for (const name of ['one', 'two']) await runAgent(client, 'Hi', name);
  const read = async (method: string, params: object): Promise<Sessions> =>
    (await client.call(method, params)).payload?.sessions as Sessions;
  const both = (sessions: Sessions): Sessions | undefined => (sessions.count === 2 ? sessions : undefined);
  /** The facts are collected now and then: they may be of a time when the last run had not ended. */
  const ended = (sessions: Sessions): Sessions | undefined =>
    sessions.recent[0]?.totalTokens === undefined ? undefined : both(sessions);

  const status = await waitFor('status', async () => ended(await read('status', {})));
  expect(status.recent).toMatchObject([
    {
      key: 'agent:main:two',
      kind: 'direct',
      model: 'echo',
      contextTokens: 200_000,
      totalTokens: 2,
      remainingTokens: 199_998,
      percentUsed: 0,
      age: expect.any(Number),
    },
    { key: 'agent:main:one' },
  ]);
  const health = await waitFor('health', async () => both(await read('health', { probe: true })));
  expect(health.recent).toEqual(
    ['two', 'one'].map((name) => ({
      key: `agent:main:${name}`,
      updatedAt: expect.any(Number),
      age: expect.any(Number),
    })),
  );

  const reader = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.read'] } });
  expect((await reader.call('status', {})).payload?.sessions).toMatchObject({
    count: 2,
    paths: [],
    recent: [],
  });
  await reader.close();
});
