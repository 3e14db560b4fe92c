/** What there is to choose from, what was used, and who the gateway is (methods.md §2, §5). */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startFor, startGateway, temporaryDir, type TestGateway } from '../../support/gateway.js';
import { answer, newKey, refusal, runTurn } from '../../support/session-calls.js';

let gateway: TestGateway;
let client: ControlClient;
beforeAll(async () => {
  gateway = await startGateway({
    config: {
      models: {
        providers: {
          zeta: {
            api: 'echo',
            models: [
              { id: 'b', name: 'B model', contextWindow: 1_000, reasoning: true, input: ['text'] },
              { id: 'a', cost: { input: 2_000_000, output: 3_000_000 } },
            ],
          },
          alpha: { api: 'echo', models: [{ id: 'x' }] },
        },
      },
      agents: { defaults: { model: 'zeta/a', models: { 'zeta/b': { alias: 'bee' } } } },
    },
  });
  client = await connectControl(gateway.wsUrl);
});
afterAll(() => gateway.stop());

describe('models.list', () => {
  it('gives the allowed models, sorted by provider and name', async () => {
    expect(await answer(client, 'models.list', {})).toEqual({
      models: [
        { id: 'a', name: 'a', provider: 'zeta' },
        {
          id: 'b',
          name: 'B model',
          provider: 'zeta',
          alias: 'bee',
          contextWindow: 1_000,
          reasoning: true,
          input: ['text'],
        },
      ],
    });
  });

  it('gives others when asked to', async () => {
    const ids = async (params: object): Promise<string[]> =>
      ((await answer(client, 'models.list', params)).models as { id: string }[]).map(({ id }) => id);
    expect(await ids({ view: 'all' })).toEqual(['x', 'a', 'b']);
    expect(await ids({ view: 'configured', provider: 'alpha' })).toEqual(['x']);
    expect(await refusal(client, 'models.list', { view: 'mine' })).toContain('/view');
  });
});

it('commands.list names what a message can say', async () => {
  const { commands } = await answer(client, 'commands.list', {});
  expect(commands).toMatchObject([
    { name: 'new', textAliases: ['/new'], acceptsArgs: true },
    { name: 'reset', textAliases: ['/reset'] },
    { name: 'stop', textAliases: ['/stop'], source: 'native', scope: 'both', acceptsArgs: false },
  ]);
});

it('skills.status, usage.status and last-heartbeat say that there is nothing', async () => {
  expect(await answer(client, 'skills.status', {})).toMatchObject({ skills: [] });
  expect(await answer(client, 'usage.status', {})).toEqual({ updatedAt: expect.any(Number), providers: [] });
  expect((await client.call('last-heartbeat')).payload).toBeNull();
});

describe('usage.cost', () => {
  it('adds up what runs used, by day', async () => {
    await runTurn(client, 'one two three', newKey());
    await runTurn(client, 'one', newKey());
    const tokens = { input: 4, output: 4, cacheRead: 0, cacheWrite: 0, totalTokens: 8 };
    const totals = {
      ...tokens,
      inputCost: 8,
      outputCost: 12,
      cacheReadCost: 0,
      cacheWriteCost: 0,
      totalCost: 20,
      missingCostEntries: 0,
    };
    const report = await answer(client, 'usage.cost', {});
    expect(report).toMatchObject({ days: 30, totals });
    expect(report.daily).toEqual([{ date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), ...totals }]);
    expect(await answer(client, 'usage.cost', { agentId: 'other' })).toMatchObject({ daily: [] });
    const past = { startDate: '2020-01-01', endDate: '2020-01-31' };
    expect(await answer(client, 'usage.cost', past)).toMatchObject({ days: 31, totals: { totalTokens: 0 } });
  });

  it.each([
    [{ agentScope: 'all', agentId: 'main' }, 'agentScope=all cannot be combined with agentId'],
    [{ startDate: '2026-02-30' }, 'startDate must be YYYY-MM-DD'],
    [{ startDate: '2026-02-02', endDate: '2026-02-01' }, 'startDate must not be after endDate'],
    [{ days: 100_000 }, 'at most 1000 days can be asked for'],
  ])('refuses %j', async (params, message) => {
    expect(await refusal(client, 'usage.cost', params)).toBe(`INVALID_REQUEST ${message}`);
  });

  it('counts runs without a price', async () => {
    await answer(client, 'sessions.create', { key: 'free', model: 'zeta/b' });
    await runTurn(client, 'one', 'free');
    const { totals } = await answer(client, 'usage.cost', {});
    expect(totals).toMatchObject({ missingCostEntries: 1 });
  });
});

it('gateway.identity.get gives the same key after a restart, kept for its owner only', async (test) => {
  const stateDir = temporaryDir();
  const identities: unknown[] = [];
  for (let start = 0; start < 2; start += 1) {
    const one = await startFor(test, { stateDir });
    const asking = await connectControl(one.wsUrl);
    identities.push(await answer(asking, 'gateway.identity.get', {}));
    await asking.close();
    await one.stop();
  }
  expect(identities[0]).toEqual({
    deviceId: expect.stringMatching(/^[0-9a-f]{64}$/),
    publicKey: expect.stringMatching(/^[\w-]{43}$/),
  });
  expect(identities[1]).toEqual(identities[0]);
  expect(statSync(join(stateDir, 'credentials', 'gateway-identity.pem')).mode & 0o777).toBe(0o600);
});
