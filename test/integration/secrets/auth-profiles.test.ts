/** Credentials that agents keep in files of their own (secrets.md §9). */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentFolder, profilesFile } from '../../../src/shared/secrets/profiles/agent-files.js';
import { secretFile } from '../../shared/secrets/support.js';
import { connectControl } from '../../support/control-client.js';
import { chatRequest, startFor, temporaryDir, TOKEN } from '../../support/gateway.js';
import { providerConfig, startMockProvider } from '../../support/mock-provider.js';

const SHARED = 'key-of-the-default-agent';
const OWN = 'key-of-the-second-agent';
const NEXT = 'next-key-of-the-default-agent';

const ref = (id: string) => ({ source: 'file', provider: 'main', id });

function writeProfiles(stateDir: string, agentId: string, profiles: object | string): string {
  const file = profilesFile(agentFolder(stateDir, agentId));
  mkdirSync(dirname(file), { recursive: true });
  const text = typeof profiles === 'string' ? profiles : JSON.stringify({ version: 1, profiles });
  writeFileSync(`${file}.next`, text, { mode: 0o600 });
  renameSync(`${file}.next`, file);
  return file;
}

describe('auth profiles', () => {
  it('are what providers are asked with, each agent with its own, and are read anew with the secrets', async (test) => {
    const provider = await startMockProvider();
    test.onTestFinished(() => provider.stop());
    const secrets = secretFile(JSON.stringify({ shared: SHARED, own: OWN }));
    const stateDir = temporaryDir();
    const shared = { type: 'api_key', provider: 'mock', keyRef: ref('/shared') };
    const file = writeProfiles(stateDir, 'main', { 'mock:default': shared });
    writeProfiles(stateDir, 'second', {
      'mock:default': { type: 'token', provider: 'mock', tokenRef: ref('/own') },
    });
    const gateway = await startFor(test, {
      stateDir,
      config: {
        ...providerConfig(provider.baseUrl, { apiKey: undefined }),
        agents: { list: [{ id: 'main', default: true }, { id: 'second' }, { id: 'third' }] },
        secrets: { providers: { main: { source: 'file', path: secrets } } },
        logging: { level: 'trace' },
      },
    });
    const keyUsed = async (agentId: string): Promise<string | number | undefined> => {
      const before = provider.calls.length;
      const request = chatRequest({ content: 'x' }, TOKEN);
      const headers = { ...(request.headers as object), 'x-pllan-agent-id': agentId };
      const answer = await fetch(`${gateway.url}/v1/chat/completions`, { ...request, headers });
      await answer.text();
      return provider.calls[before]?.request.headers.authorization ?? answer.status;
    };
    expect(await keyUsed('main')).toBe(`Bearer ${SHARED}`);
    expect(await keyUsed('second')).toBe(`Bearer ${OWN}`);
    expect(await keyUsed('third')).toBe(`Bearer ${SHARED}`);

    const client = await connectControl(gateway.wsUrl, { params: { auth: { token: TOKEN } } });
    writeProfiles(stateDir, 'main', { 'mock:default': { ...shared, key: 'left', keyRef: ref('/next') } });
    const refused = await client.call('secrets.reload', {});
    expect(refused).toMatchObject({ ok: false });
    expect(JSON.stringify(refused)).toContain('auth-profiles.json#profiles.mock:default.key');
    expect(await client.call('status')).toMatchObject({
      payload: { degradedSecretOwners: [{ ownerKind: 'auth-profile', ownerId: 'mock:default' }] },
    });
    expect(await keyUsed('main')).toBe(`Bearer ${SHARED}`);

    writeFileSync(secrets, JSON.stringify({ shared: SHARED, own: OWN, next: NEXT }));
    expect(await client.call('secrets.reload', {})).toMatchObject({ ok: true, payload: { warningCount: 1 } });
    expect(await keyUsed('main')).toBe(`Bearer ${NEXT}`);
    expect(readFileSync(file, 'utf8')).not.toContain(NEXT);

    writeProfiles(stateDir, 'main', '{"version":1');
    expect(JSON.stringify(await client.call('secrets.reload', {}))).toContain('is not valid JSON');
    expect(await keyUsed('main')).toBe(`Bearer ${NEXT}`);

    for (const agentId of ['main', 'second']) rmSync(profilesFile(agentFolder(stateDir, agentId)));
    expect(await client.call('secrets.reload', {})).toMatchObject({ ok: true });
    expect(await keyUsed('main')).toBe(200);
    const shown = gateway.output() + JSON.stringify(gateway.logLines());
    for (const secret of [SHARED, OWN, NEXT]) expect(shown).not.toContain(secret);
    client.socket.terminate();
  });

  it.each([
    ['{"version":1', 'is not valid JSON'],
    [
      {
        'p:x': {
          type: 'api_key',
          provider: 'p',
          keyRef: { source: 'env', provider: 'default', id: 'NOT_SET' },
        },
      },
      '#profiles.p:x.key: env provider "default", NOT_SET',
    ],
  ])('keep a gateway from starting when they cannot be used: %j', async (profiles, reason) => {
    const stateDir = temporaryDir();
    writeProfiles(stateDir, 'main', profiles);
    const gateway = await startFor({ onTestFinished: () => {} }, { stateDir, started: false });
    expect(await gateway.exited).toBe(1);
    expect(gateway.stderr()).toContain('Startup failed: required secrets are unavailable. ');
    expect(gateway.stderr()).toContain(reason);
  });
});
