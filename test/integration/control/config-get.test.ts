/** `config.get` (methods.md §6) of a real gateway, with files around the config (config.md §3, §4). */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connectControl, type ControlClient } from '../../support/control-client.js';
import { startGateway, temporaryDir, TOKEN } from '../../support/gateway.js';

const secrets = ['hunter2hunter2', 'sk-provider-key'];

async function open(): Promise<{ client: ControlClient; reader: ControlClient; stateDir: string }> {
  const stateDir = temporaryDir();
  writeFileSync(join(stateDir, '.env'), `HEADER=${secrets[0]}\nPLLAN_LOG_LEVEL=debug\n`);
  writeFileSync(
    join(stateDir, 'models.json5'),
    `{ providers: { p: { baseUrl: 'http://127.0.0.1:9/v1', apiKey: '${secrets[1]}', headers: { x: '\${HEADER}' }, models: [{ id: 'm' }] } } }`,
  );
  const gateway = await startGateway({
    stateDir,
    config: { models: { $include: './models.json5' }, session: { mainKey: '${NOT_SET}' } },
  });
  const client = await connectControl(gateway.wsUrl);
  const reader = await connectControl(gateway.wsUrl, { params: { scopes: ['operator.read'] } });
  return { client, reader, stateDir };
}

describe('config.get', () => {
  it('shows the file, what it comes to, and no secret', async () => {
    const { client, reader, stateDir } = await open();
    const { ok, payload = {} } = await client.call('config.get', {});
    expect(ok).toBe(true);
    const text = JSON.stringify(payload);
    for (const secret of [...secrets, TOKEN]) expect(text).not.toContain(secret);
    const path = join(stateDir, 'pllan.json');
    expect(payload).toMatchObject({
      path,
      exists: true,
      valid: true,
      parsed: { models: { $include: './models.json5' }, gateway: { auth: { token: '__PLLAN_REDACTED__' } } },
      config: {
        gateway: { mode: 'local' },
        models: { providers: { p: { apiKey: '__PLLAN_REDACTED__', headers: { x: '${HEADER}' } } } },
        session: {},
      },
      issues: [],
      warnings: [{ path: 'session.mainKey', message: expect.stringContaining('NOT_SET') }],
    });
    expect(JSON.parse(payload.raw as string)).toEqual(payload.parsed);
    expect(payload.configRevisionHash).toBe(payload.appliedConfigHash);
    expect(payload.configRevisionHash).not.toBe(payload.hash);

    const seen = (await reader.call('config.get')).payload;
    expect(seen).toMatchObject({ path: '[redacted]', hash: payload.hash });
  });

  it('is what is on disk now, also when that is broken', async () => {
    const { client, stateDir } = await open();
    const path = join(stateDir, 'pllan.json');
    writeFileSync(path, '{ gateway: { prot: 1 } } // new');
    const { payload = {} } = await client.call('config.get', {});
    expect(payload).toMatchObject({
      raw: '{ gateway: { prot: 1 } } // new',
      valid: false,
      config: {},
      issues: [{ path: 'gateway.prot', message: 'unknown key (did you mean port?)' }],
      hash: createHash('sha256').update('{ gateway: { prot: 1 } } // new').digest('hex'),
    });
    expect(payload.appliedConfigHash).not.toBe(payload.configRevisionHash);
    writeFileSync(path, '{ token: "hunter2"');
    const broken = (await client.call('config.get', {})).payload;
    expect(broken).toMatchObject({ raw: null, valid: false, issues: [{ path: '' }] });
    expect(JSON.stringify(broken)).not.toContain('hunter2');
  });

  it('takes no params', async () => {
    const { client } = await open();
    expect((await client.call('config.get', { x: 1 })).error).toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
