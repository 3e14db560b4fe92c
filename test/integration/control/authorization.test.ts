/** Which connection may call what (protocol.md §7, methods.md §1). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectControl, connectParams, type ControlClient } from '../../support/control-client.js';
import { connectDevice, createDevice, type DeviceConnection } from '../../support/device.js';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';
import { within } from '../../support/wait-for.js';

const read = 'operator.read';
const write = 'operator.write';
const approvals = 'operator.approvals';
const pairing = 'operator.pairing';
const administer = 'operator.admin';

/** As the method table has them; what changes with its params is tested with the method. */
const methods: Readonly<Record<string, readonly string[]>> = {
  [read]: [
    'status',
    'system-presence',
    'last-heartbeat',
    'gateway.identity.get',
    'agent.identity.get',
    'agents.list',
    'chat.history',
    'chat.startup',
    'chat.metadata',
    'sessions.list',
    'sessions.subscribe',
    'sessions.unsubscribe',
    'sessions.messages.subscribe',
    'sessions.messages.unsubscribe',
    'sessions.preview',
    'sessions.describe',
    'sessions.get',
    'sessions.resolve',
    'models.list',
    'commands.list',
    'skills.status',
    'usage.status',
    'usage.cost',
    'config.get',
    'config.schema',
    'config.schema.lookup',
    'node.list',
    'node.describe',
  ],
  [write]: [
    'agent',
    'agent.wait',
    'chat.send',
    'chat.abort',
    'send',
    'node.invoke',
    'sessions.create',
    'sessions.send',
    'sessions.abort',
    'sessions.patch',
  ],
  [pairing]: [
    'device.pair.list',
    'device.pair.approve',
    'device.pair.reject',
    'device.pair.remove',
    'device.pair.rename',
    'device.token.rotate',
    'device.token.revoke',
    'node.rename',
    'node.pair.list',
    'node.pair.approve',
    'node.pair.reject',
    'node.pair.remove',
  ],
  [administer]: [
    'config.set',
    'config.apply',
    'config.patch',
    'system-event',
    'chat.inject',
    'sessions.reset',
    'sessions.compact',
    // Classified by nobody.
    'no.such.method',
    '__proto__',
  ],
};

/** What a scope is good for, beside itself. */
const implied: Readonly<Record<string, readonly string[]>> = {
  [write]: [read],
  [administer]: [read, write, approvals, pairing],
};

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

function connect(scopes: readonly string[]): Promise<ControlClient> {
  const client = { id: 'cli', version: '1', platform: 'linux', mode: 'cli' };
  return connectControl(gateway.wsUrl, { params: { client, scopes } });
}

function missing(scope: string): object {
  return {
    code: 'FORBIDDEN',
    message: `missing scope: ${scope}`,
    details: { code: 'MISSING_SCOPE', missingScope: scope, requiredScopes: [scope] },
  };
}

describe('an operator', () => {
  it.each([[[]], [['operator.talk']], [[read]], [[write]], [[approvals]], [[pairing]], [[administer]]])(
    'with scopes %j may call what they allow, and is told which one is missing',
    async (scopes: readonly string[]) => {
      const client = await connect(scopes);
      const held = scopes.flatMap((scope) => [scope, ...(implied[scope] ?? [])]);
      for (const [scope, names] of Object.entries(methods)) {
        for (const name of names) {
          // Params that no method takes: it is called only as far as they are looked at.
          const { error } = await client.call(name, 0);
          if (held.includes(scope)) expect(error?.code, name).toBe('INVALID_REQUEST');
          else expect(error, name).toEqual(missing(scope));
        }
      }
      expect(await client.call('health')).toMatchObject({ ok: true });
      await client.close();
    },
  );

  it('hears first of a missing scope, then of an unknown method, then of wrong params', async () => {
    const [none, all] = await Promise.all([connect([]), connect([administer])]);
    expect((await none.call('no.such.method', 0)).error).toEqual(missing(administer));
    expect((await none.call('status', 0)).error).toEqual(missing(read));
    expect((await all.call('no.such.method', 0)).error).toEqual({
      code: 'INVALID_REQUEST',
      message: 'unknown method: no.such.method',
    });
    expect((await all.call('status', 0)).error).toEqual({
      code: 'INVALID_REQUEST',
      message: 'invalid status params: at root: must be object',
    });
    await Promise.all([none.close(), all.close()]);
  });

  it('may call nothing of a node’s, whatever its scopes; the eleventh time ends it', async () => {
    for (const scopes of [[], [administer]]) {
      const client = await connect(scopes);
      for (let n = 0; n < 11; n += 1) {
        const name = n % 2 === 0 ? 'node.event' : 'node.invoke.result';
        expect((await client.call(name, 0)).error).toEqual({
          code: 'INVALID_REQUEST',
          message: 'unauthorized role: operator',
        });
      }
      expect(await within('close', client.closed)).toEqual({
        code: 1008,
        reason: 'repeated unauthorized calls',
      });
    }
  });

  it('whose scopes were taken away is told of the one it lacks, not that they were', async () => {
    const client = { id: 'pllan-tui', version: '1', platform: 'linux', mode: 'ui' };
    const reduced = await connectControl(gateway.wsUrl, { params: { client, scopes: [administer] } });
    expect(reduced.hello.payload?.auth).toMatchObject({ scopes: [] });
    expect((await reduced.call('status')).error).toEqual(missing(read));
    expect(await reduced.call('health')).toMatchObject({ ok: true });
    await reduced.close();
  });
});

describe('a node', () => {
  const connectNode = (scopes: readonly string[] = []): Promise<DeviceConnection> =>
    connectDevice(gateway.wsUrl, createDevice(), {
      client: { id: 'node-host', mode: 'node', platform: 'linux' },
      role: 'node',
      scopes,
      auth: { token: TOKEN },
    });

  it('may call nothing of an operator’s, whatever its scopes, known or not; the eleventh time ends it', async () => {
    const node = await connectNode([administer]);
    const names = ['health', 'status', 'no.such.method', 'device.pair.list'];
    for (let n = 0; n < 11; n += 1) {
      expect((await node.call(names[n % names.length] ?? '', 0)).error).toEqual({
        code: 'INVALID_REQUEST',
        message: 'unauthorized role: node',
      });
    }
    expect(await within('close', node.closed)).toEqual({ code: 1008, reason: 'repeated unauthorized calls' });
  });

  it('may call what is for nodes, without any scope', async () => {
    const node = await connectNode();
    for (const name of ['node.event', 'node.invoke.result'])
      expect((await node.call(name, 0)).error?.message).toMatch(`invalid ${name} params: `);
    await node.close();
  });

  it('that connects again is told what any other is', async () => {
    const node = await connectNode();
    for (let n = 0; n < 12; n += 1) {
      expect((await node.call('connect', connectParams())).error).toEqual({
        code: 'INVALID_REQUEST',
        message: 'connect is only valid as the first request',
      });
    }
    await node.close();
  });
});
