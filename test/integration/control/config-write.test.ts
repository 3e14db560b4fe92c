/** `config.set`, `config.apply` and `config.patch` of a real gateway (methods.md §6, config.md §6). */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectControl, type ControlClient, type Frame } from '../../support/control-client.js';
import { startGateway, TOKEN, type TestGateway } from '../../support/gateway.js';

const FILE = `{
  // mine
  gateway: { mode: 'local', auth: { mode: 'token', token: '${TOKEN}' } },
}
`;

let gateway: TestGateway;
let client: ControlClient;
let path: string;
beforeAll(async () => {
  gateway = await startGateway();
  client = await connectControl(gateway.wsUrl);
  path = join(gateway.stateDir, 'pllan.json');
  return async () => void (await gateway.stop());
});
beforeEach(() => writeFileSync(path, FILE));

const read = (): string => readFileSync(path, 'utf8');
const current = async (): Promise<Record<string, unknown>> => (await client.call('config.get')).payload ?? {};
const errorOf = async (method: string, params: object): Promise<Frame['error']> =>
  (await client.call(method, params)).error;

describe('config.patch', () => {
  it('changes the file and nothing else in it', async () => {
    const { hash } = await current();
    const { payload } = await client.call('config.patch', {
      raw: '{ gateway: { reload: { debounceMs: 200 } }, session: { mainKey: "home" } }',
      baseHash: hash,
    });
    expect(payload).toMatchObject({
      ok: true,
      path,
      changedPaths: ['gateway.reload.debounceMs', 'session.mainKey'],
      config: { gateway: { reload: { debounceMs: 200 }, auth: { token: '__PLLAN_REDACTED__' } } },
      restart: null,
      pending: [],
    });
    expect(read()).toContain('// mine\n');
    expect(read()).toContain(TOKEN);
    expect(payload?.hash).toBe((await current()).hash);
    const changed = await client.frame('config.changed', ({ event }) => event === 'config.changed');
    expect(changed.payload).toMatchObject({ path: '[redacted]', ts: expect.any(Number) });
  });

  it('that changes nothing writes nothing', async () => {
    const { hash } = await current();
    const { payload } = await client.call('config.patch', {
      raw: '{gateway:{mode:"local"}}',
      baseHash: hash,
    });
    expect(payload).toMatchObject({ ok: true, noop: true, changedPaths: [], path, hash });
    expect(read()).toBe(FILE);
  });

  it.each([
    ['[]', 'config.patch raw must be an object'],
    ['{', 'config.patch raw must be an object'],
    ['{ gateway: { mode: null } }', 'config write rejected: it would drop gateway.mode'],
  ])('%s is refused', async (raw, message) => {
    const { hash } = await current();
    expect(await errorOf('config.patch', { raw, baseHash: hash })).toMatchObject({
      code: 'INVALID_REQUEST',
      message,
    });
    expect(read()).toBe(FILE);
  });

  it('needs a config that is valid', async () => {
    writeFileSync(path, '{ gateway: { prot: 1 } }');
    const { hash } = await current();
    expect(await errorOf('config.patch', { raw: '{}', baseHash: hash })).toMatchObject({
      message: 'invalid config; fix before patching',
    });
  });
});

describe.each(['config.set', 'config.apply'])('%s', (method) => {
  it('takes back what config.get gave, with a change', async () => {
    const { raw, hash } = await current();
    expect(raw).not.toContain(TOKEN);
    const changed = (raw as string).replace(
      "mode: 'local',",
      "mode: 'local', reload: { debounceMs: 100 }, /* why */",
    );
    const answer = await client.call(method, { raw: changed, baseHash: hash });
    expect(answer).toMatchObject({ ok: true, payload: { changedPaths: ['gateway.reload.debounceMs'] } });
    expect(read()).toContain(
      `reload: { debounceMs: 100 }, /* why */ auth: { mode: 'token', token: "${TOKEN}" }`,
    );
  });

  it('writes nothing that is no config, and says what is wrong', async () => {
    const { hash } = await current();
    const raw = '{ gateway: { mode: "local", port: "x" } }';
    expect(await errorOf(method, { raw, baseHash: hash })).toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'invalid config',
      details: {
        issues: [{ path: 'gateway.port', message: 'must be a whole number from 1 to 65535' }],
      },
    });
    expect(read()).toBe(FILE);
  });

  it('mends a config that is broken', async () => {
    writeFileSync(path, '{ gateway: ');
    const { hash } = await current();
    expect(await client.call(method, { raw: FILE, baseHash: hash })).toMatchObject({ ok: true });
    expect(read()).toContain('// mine');
  });
});

describe.each(['config.set', 'config.apply', 'config.patch'])('%s', (method) => {
  it('is for the file that its client has seen', async () => {
    const raw = FILE;
    expect(await errorOf(method, { raw })).toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'config base hash required; re-run config.get and retry',
    });
    expect(await errorOf(method, { raw, baseHash: 'other' })).toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'config changed since last load; re-run config.get and retry',
    });
    expect(read()).toBe(FILE);
  });
});
