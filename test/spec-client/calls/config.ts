/** The configuration: shown, described, written. Its secrets are not shown, and what is shown can be given back. */
import * as v from 'valibot';
import { expect } from 'vitest';
import { anything, hex64, maybe, moment, natural, nullable, text } from '../primitives.js';
import { expectOk, type Calls } from './call.js';

const issues = v.array(v.looseObject({ path: v.string(), message: text }));

const Snapshot = v.looseObject({
  path: text,
  exists: v.literal(true),
  raw: nullable(text),
  parsed: anything,
  valid: v.literal(true),
  config: anything,
  hash: hex64,
  issues,
  warnings: v.array(v.unknown()),
  configRevisionHash: text,
  appliedConfigHash: text,
});

const Written = v.looseObject({ ok: v.literal(true), path: text, hash: hex64, config: anything });

const Changed = v.looseObject({
  ...Written.entries,
  changedPaths: v.array(text),
  restart: maybe(nullable(v.looseObject({ ok: v.boolean(), delayMs: natural, coalesced: v.boolean() }))),
  sentinel: maybe(
    v.looseObject({
      persisted: v.boolean(),
      payload: v.looseObject({ kind: text, status: text, ts: moment }),
    }),
  ),
});

const Unchanged = v.looseObject({
  ok: v.literal(true),
  noop: v.literal(true),
  changedPaths: v.pipe(v.array(text), v.maxLength(0)),
  path: text,
  config: anything,
});

const Schema = v.looseObject({ schema: anything, uiHints: anything, version: text, generatedAt: text });

const Lookup = v.looseObject({
  path: text,
  schema: anything,
  reloadKind: v.picklist(['none', 'hot', 'restart']),
  children: v.array(
    v.looseObject({ key: text, path: text, required: v.boolean(), hasChildren: v.boolean() }),
  ),
});

type Client = Parameters<Calls[string]>[0]['client'];
const get = (client: Client): Promise<v.InferOutput<typeof Snapshot>> =>
  expectOk(client, 'config.get', {}, Snapshot) as Promise<v.InferOutput<typeof Snapshot>>;

export const configCalls: Calls = {
  'config.get': async ({ client }) => {
    expect((await get(client)).config).toMatchObject({
      gateway: { mode: 'local', auth: { token: '__PLLAN_REDACTED__' } },
    });
  },
  'config.schema': async ({ client }) => void (await expectOk(client, 'config.schema', {}, Schema)),
  'config.schema.lookup': async ({ client }) =>
    void (await expectOk(client, 'config.schema.lookup', { path: 'gateway.auth' }, Lookup)),
  'config.set': async ({ client }) => {
    const { raw, hash } = await get(client);
    await expectOk(client, 'config.set', { raw, baseHash: hash }, v.union([Written, Unchanged]));
    expect(await client.call('config.set', { raw })).toMatchObject({
      ok: false,
      error: { code: 'INVALID_REQUEST', message: 'config base hash required; re-run config.get and retry' },
    });
  },
  'config.apply': async ({ client }) => {
    const { raw, hash } = await get(client);
    await expectOk(client, 'config.apply', { raw, baseHash: hash }, v.union([Changed, Unchanged]));
  },
  'config.patch': async ({ client, key }) => {
    const patch = async (change: object): Promise<unknown> =>
      client.call('config.patch', { raw: JSON.stringify(change), baseHash: (await get(client)).hash });
    const { hash } = await get(client);
    const raw = JSON.stringify({ messages: { responsePrefix: key } });
    await expectOk(client, 'config.patch', { raw, baseHash: hash }, Changed);
    expect(await client.call('config.patch', { raw, baseHash: hash })).toMatchObject({
      ok: false,
      error: { message: 'config changed since last load; re-run config.get and retry' },
    });
    expect(await patch({ gateway: { port: 'x' } })).toMatchObject({
      ok: false,
      error: { message: 'invalid config', details: { issues: [{ path: 'gateway.port' }] } },
    });
    expect((await get(client)).config).toMatchObject({ gateway: { auth: { token: '__PLLAN_REDACTED__' } } });
  },
};
