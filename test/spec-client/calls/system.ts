/** What the gateway says of itself, its agents, models, commands and usage. */
import * as v from 'valibot';
import { expect } from 'vitest';
import { moment, text } from '../primitives.js';
import * as shapes from '../shapes.js';
import { expectOk, ok, type Calls } from './call.js';

export const systemCalls: Calls = {
  health: async ({ client }) => {
    await expectOk(client, 'health', undefined, shapes.Health);
    await expectOk(client, 'health', { probe: true, unheard: 1 }, shapes.Health);
  },
  status: async ({ client }) => {
    await expectOk(client, 'status', {}, shapes.Status);
    await expectOk(client, 'status', { includeChannelSummary: false }, shapes.Status);
  },
  'system-presence': async ({ client }) =>
    void (await expectOk(client, 'system-presence', {}, shapes.Presence)),
  'system-event': async ({ client }) => {
    const beacon = {
      text: 'Node: box',
      host: 'box',
      instanceId: 'i-1',
      mode: 'ui',
      reason: 'launch',
      tags: ['t'],
    };
    await expectOk(client, 'system-event', beacon, ok);
    const presence = await expectOk(client, 'system-presence', {}, shapes.Presence);
    expect(presence).toEqual(expect.arrayContaining([expect.objectContaining({ host: 'box', mode: 'ui' })]));
  },
  'last-heartbeat': async ({ client }) => {
    const beat = v.nullable(v.looseObject({ ts: moment, status: text }));
    await expectOk(client, 'last-heartbeat', {}, beat);
  },
  'set-heartbeats': async ({ client }) => {
    const set = v.looseObject({ ok: v.literal(true), enabled: v.boolean() });
    for (const enabled of [false, true])
      expect(await expectOk(client, 'set-heartbeats', { enabled }, set)).toMatchObject({ enabled });
    const refused = await client.call('set-heartbeats', {});
    expect(refused).toMatchObject({
      error: { message: 'invalid set-heartbeats params: enabled (boolean) required' },
    });
  },
  wake: async ({ client, key }) =>
    void (await expectOk(
      client,
      'wake',
      { mode: 'next-heartbeat', text: 'Rain', sessionKey: key, x: 1 },
      ok,
    )),
  'gateway.identity.get': async ({ client }) =>
    void (await expectOk(client, 'gateway.identity.get', {}, shapes.GatewayIdentity)),
  'agent.identity.get': async ({ client, key }) => {
    await expectOk(client, 'agent.identity.get', {}, shapes.Identity);
    await expectOk(client, 'agent.identity.get', { sessionKey: key }, shapes.Identity);
  },
  'agents.list': async ({ client }) => void (await expectOk(client, 'agents.list', {}, shapes.Agents)),
  'models.list': async ({ client }) => {
    for (const view of ['default', 'configured', 'all', 'provider-config'])
      await expectOk(client, 'models.list', { view }, v.looseObject({ models: v.array(v.looseObject({})) }));
    await expectOk(client, 'models.list', {}, shapes.Models);
  },
  'commands.list': async ({ client }) =>
    void (await expectOk(client, 'commands.list', { includeArgs: true }, shapes.Commands)),
  'skills.status': async ({ client }) => void (await expectOk(client, 'skills.status', {}, shapes.Skills)),
  'usage.status': async ({ client }) => void (await expectOk(client, 'usage.status', {}, shapes.UsageStatus)),
  'logs.tail': async ({ client }) => {
    const tail = await expectOk(client, 'logs.tail', { limit: 3, maxBytes: 100_000 }, shapes.LogTail);
    expect(tail.lines).toHaveLength(3);
    const next = await expectOk(client, 'logs.tail', { cursor: tail.cursor }, shapes.LogTail);
    expect(next).toMatchObject({ file: tail.file, reset: false, truncated: false });
    expect(await expectOk(client, 'logs.tail', { cursor: 1e12 }, shapes.LogTail)).toMatchObject({
      reset: true,
    });
  },
  'usage.cost': async ({ client }) => {
    const usage = await expectOk(client, 'usage.cost', { days: 2 }, shapes.UsageCost);
    expect(usage.days).toBe(2);
    const refused = await client.call('usage.cost', { agentScope: 'all', agentId: 'main' });
    expect(refused).toMatchObject({
      ok: false,
      error: { message: 'agentScope=all cannot be combined with agentId' },
    });
  },
};
