/** Secrets that the config only points at: what a gateway starts with, and what it does not start without (secrets.md §5, §6). */
import { describe, expect, it } from 'vitest';
import { connectControl } from '../../support/control-client.js';
import { chatRequest, startFor, temporaryDir } from '../../support/gateway.js';
import { providerConfig, startMockProvider } from '../../support/mock-provider.js';
import { secretCommand, secretFile } from '../../shared/secrets/support.js';

const TOKEN = 'a-token-that-is-in-a-file';
const KEY = 'a-provider-key-that-a-command-gives';
const HEADER = 'a-header-of-a-variable';

describe('a gateway whose secrets are elsewhere', () => {
  it('works with them, and shows them nowhere', async (test) => {
    const provider = await startMockProvider();
    test.onTestFinished(() => provider.stop());
    const command = secretCommand(`answer({ 'openai/key': ${JSON.stringify(KEY)} });`);
    const gateway = await startFor(test, {
      env: { THE_HEADER: HEADER },
      config: {
        ...providerConfig(provider.baseUrl, {
          apiKey: { source: 'exec', provider: 'vault', id: 'openai/key' },
          headers: { 'x-of-variable': '${THE_HEADER}' },
        }),
        gateway: {
          auth: { mode: 'token', token: { source: 'file', provider: 'main', id: '/gateway/token' } },
        },
        secrets: {
          providers: {
            main: { source: 'file', path: secretFile(JSON.stringify({ gateway: { token: TOKEN } })) },
            vault: { source: 'exec', command },
          },
        },
        logging: { level: 'trace' },
      },
    });
    const answered = await fetch(`${gateway.url}/v1/chat/completions`, chatRequest({ content: 'x' }, TOKEN));
    expect(answered.status).toBe(200);
    const [call] = provider.calls;
    expect(call?.request.headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'x-of-variable': HEADER });
    const client = await connectControl(gateway.wsUrl, { params: { auth: { token: TOKEN } } });
    expect(await client.call('status')).toMatchObject({ ok: true, payload: { degradedSecretOwners: [] } });
    client.socket.terminate();
    gateway.child.kill('SIGTERM');
    await gateway.exited;
    const shown = gateway.output() + JSON.stringify(gateway.logLines());
    for (const secret of [TOKEN, KEY, HEADER]) expect(shown).not.toContain(secret);
    expect(shown).toContain('SECRETS_GATEWAY_AUTH_SURFACE gateway.auth.token is active: auth mode is token');
  });

  it('starts with a ref that leads nowhere where it is not in use, and says so once', async (test) => {
    const gateway = await startFor(test, {
      config: {
        gateway: {
          remote: { token: '${NOT_SET}' },
          auth: { mode: 'token', token: TOKEN, password: '$NOT_SET' },
        },
      },
    });
    const ignored = gateway.logLines().filter(({ event }) => event === 'secrets.ignored');
    expect(ignored.map(({ path, message }) => [path, message])).toEqual([
      [
        'gateway.auth.password',
        'SECRETS_REF_IGNORED_INACTIVE_SURFACE gateway.auth.password: the SecretRef is not resolved: auth mode is token',
      ],
      [
        'gateway.remote.token',
        'SECRETS_REF_IGNORED_INACTIVE_SURFACE gateway.remote.token: the SecretRef is not resolved: no remote gateway is configured and this one has a token of its own',
      ],
    ]);
  });

  it('needs no other token beside a ref that is in use', async (test) => {
    const gateway = await startFor(test, {
      env: { PLLAN_GATEWAY_TOKEN: 'of-the-environment', OWN: TOKEN },
      config: { gateway: { auth: { token: '${OWN}' } } },
    });
    const ask = async (token: string) =>
      (await fetch(`${gateway.url}/v1/models`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect([await ask(TOKEN), await ask('of-the-environment')]).toEqual([200, 401]);
  });
});

describe('a gateway does not start, opens no port and says why', () => {
  const missing = { source: 'file', provider: 'main', id: '/not/there' };
  const main = (content: string, mode?: number) => ({
    providers: { main: { source: 'file', path: secretFile(content, mode) } },
  });
  const auth = (token: unknown) => ({ gateway: { auth: { mode: 'token', token } } });

  it.each([
    [
      'a variable that is missing',
      auth('${NOT_SET}'),
      'gateway.auth.token: env provider "default", NOT_SET: the environment variable is not set',
    ],
    [
      'a value that is missing',
      { ...auth(missing), secrets: main('{}') },
      'gateway.auth.token: file provider "main", /not/there: there is no such value in the file',
    ],
    [
      'a file that others may read',
      { ...auth(missing), secrets: main('{}', 0o644) },
      'gateway.auth.token: file provider "main", /not/there: others than its owner may use the file (mode 0644; 0600 or 0400 is needed)',
    ],
    [
      'a command that fails',
      {
        ...auth({ source: 'exec', provider: 'vault', id: 'secret-id' }),
        secrets: {
          providers: {
            vault: {
              source: 'exec',
              command: secretCommand(`process.stderr.write('told'); process.exit(9);`),
            },
          },
        },
      },
      'gateway.auth.token: exec provider "vault": the command ended with exit code 9',
    ],
  ])('%s', async (_name, config, reason) => {
    const stateDir = temporaryDir();
    const child = await startFor({ onTestFinished: () => {} }, { config, stateDir, started: false });
    expect(await child.exited).toBe(1);
    expect(child.stderr()).toBe(`Startup failed: required secrets are unavailable. ${reason}\n`);
    await expect(fetch(child.url)).rejects.toThrow();
  });
});
