/** `pllan doctor` of what it cannot repair: it names the cause and says what to do (cli.md §12). */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { doctor, install, sound, writePrivate, type Installation } from './installation.js';

interface Told {
  readonly name: string;
  readonly make: () => Installation;
  readonly code: string;
  readonly advice: string;
}

const told: readonly Told[] = [
  {
    name: 'a value that cannot be',
    make: () => install({ ...sound, gateway: { mode: 'local', port: 'high' } }),
    code: 'config-invalid',
    advice: 'pllan config unset gateway.port',
  },
  {
    name: 'a file that is no JSON5, with none that was good',
    make: () => install('{ gateway'),
    code: 'config-unreadable',
    advice: 'pllan setup',
  },
  {
    name: 'password mode without a password',
    make: () => install({ ...sound, gateway: { mode: 'local', port: 1, auth: { mode: 'password' } } }),
    code: 'auth-password-missing',
    advice: 'PLLAN_GATEWAY_PASSWORD',
  },
  {
    name: 'a state directory in a folder that is synchronized',
    make() {
      const site = install();
      const stateDir = join(site.stateDir, 'Dropbox', 'state');
      mkdirSync(stateDir, { recursive: true, mode: 0o700 });
      writeFileSync(join(stateDir, 'pllan.json'), JSON.stringify(sound), { mode: 0o600 });
      return {
        stateDir,
        env: { ...site.env, PLLAN_STATE_DIR: stateDir },
        configPath: join(stateDir, 'pllan.json'),
      };
    },
    code: 'state-dir-synced',
    advice: 'PLLAN_STATE_DIR',
  },
  {
    name: 'two state directories',
    make() {
      const site = install();
      mkdirSync(join(site.stateDir, '.pllan'), { mode: 0o700 });
      writeFileSync(join(site.stateDir, '.pllan', 'pllan.json'), JSON.stringify(sound));
      return site;
    },
    code: 'state-dir-several',
    advice: 'is that what you want?',
  },
  {
    name: 'a store that is not one',
    make() {
      const site = install();
      writePrivate(site, 'store/data.mdb', 'not a store at all'.repeat(20));
      return site;
    },
    code: 'store-unreadable',
    advice: '--allow-empty-store',
  },
  {
    name: 'sessions of an older form',
    make() {
      const site = install();
      mkdirSync(join(site.stateDir, 'sessions'), { mode: 0o700 });
      writeFileSync(join(site.stateDir, 'sessions', 'sessions.json'), '{}', { mode: 0o600 });
      return site;
    },
    code: 'sessions-older-form',
    advice: 'pllan sessions import',
  },
  {
    name: 'web hooks without a token',
    make: () => install({ ...sound, hooks: { enabled: true } }),
    code: 'config-start-refused',
    advice: 'pllan config set',
  },
  {
    name: 'a model whose provider is missing',
    make: () => install({ ...sound, agents: { defaults: { model: 'ecko/echo' } } }),
    code: 'model-provider-missing',
    advice: 'models.providers.ecko',
  },
  {
    name: 'no model',
    make: () => install({ meta: {}, gateway: { mode: 'local', port: 1 } }),
    code: 'model-none',
    advice: 'agents.defaults.model',
  },
  {
    name: 'a secret that nobody has',
    make: () =>
      install({ ...sound, gateway: { mode: 'local', port: 1, auth: { token: '${NOBODY_HAS_IT}' } } }),
    code: 'secret-unresolved',
    advice: 'pllan secrets audit',
  },
  {
    name: 'a secret in plain text',
    make: () =>
      install({ ...sound, gateway: { mode: 'local', port: 1, auth: { token: 'plain-and-secret' } } }),
    code: 'secret-plaintext',
    advice: 'pllan secrets configure',
  },
  {
    name: 'an auth profile that has expired',
    make() {
      const site = install();
      const folder = join(site.stateDir, 'agents', 'main', 'agent');
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      chmodSync(join(site.stateDir, 'agents'), 0o700);
      const profiles = { 'p:default': { type: 'token', provider: 'p', token: 'x', expires: 1 } };
      writeFileSync(join(folder, 'auth-profiles.json'), JSON.stringify({ version: 1, profiles }), {
        mode: 0o600,
      });
      return site;
    },
    code: 'auth-profile-expired',
    advice: 'Sign in anew',
  },
  {
    name: 'a chat that is open to anybody',
    make: () => install({ ...sound, channels: { telegram: { dmPolicy: 'open', allowFrom: ['*'] } } }),
    code: 'security-open-chat',
    advice: 'channels.telegram.dmPolicy pairing',
  },
  {
    name: 'a flag that says itself that it is dangerous',
    make: () =>
      install({
        ...sound,
        gateway: { mode: 'local', port: 1, controlUi: { dangerouslyAllowHostHeaderOriginFallback: true } },
      }),
    code: 'security-dangerous-flag',
    advice: 'config unset gateway.controlUi.dangerouslyAllowHostHeaderOriginFallback',
  },
  {
    name: "hooks with the gateway's own token",
    make: () =>
      install({
        ...sound,
        gateway: { mode: 'local', port: 1, auth: { token: 'the-same-token' } },
        hooks: { enabled: true, token: 'the-same-token' },
      }),
    code: 'security-hook-token',
    advice: 'hooks.token',
  },
  {
    name: 'a LAN without TLS',
    make: () =>
      install({ ...sound, gateway: { mode: 'local', port: 1, bind: 'lan', auth: { token: '${T}' } } }),
    code: 'security-plain-lan',
    advice: 'gateway.tls.enabled',
  },
  {
    name: 'a gateway elsewhere that does not answer',
    make: () =>
      install({ ...sound, gateway: { mode: 'remote', remote: { url: 'ws://127.0.0.1:1', token: 'far' } } }),
    code: 'gateway-remote-unreachable',
    advice: 'tunnel',
  },
];

const tls = { mode: 'local', port: 1, tls: { enabled: true, certPath: '~/cert.pem', keyPath: '~/key.pem' } };

const unusable: readonly Told[] = [
  {
    name: 'a file with only a backup that is valid',
    make() {
      const site = install('');
      writePrivate(site, 'pllan.json.bak', '{ half');
      writePrivate(site, 'pllan.json.bak.1', JSON.stringify(sound));
      return site;
    },
    code: 'config-unreadable',
    advice: 'pllan.json.bak.1',
  },
  {
    name: 'a config of a newer version',
    make: () => install({ ...sound, meta: { lastTouchedVersion: '99.0.0' } }),
    code: 'config-newer',
    advice: 'Update',
  },
  {
    name: 'a clock that is wrong',
    make: () => install({ ...sound, meta: { lastTouchedAt: '2999-01-01T00:00:00.000Z' } }),
    code: 'machine-clock',
    advice: 'timedatectl',
  },
  {
    name: 'a file where the store should be',
    make() {
      const site = install();
      writePrivate(site, 'store', '');
      return site;
    },
    code: 'state-wrong-kind',
    advice: 'mv ',
  },
  {
    name: 'logs that are a link to nothing',
    make() {
      const site = install();
      symlinkSync('/nowhere', join(site.stateDir, 'logs'));
      return site;
    },
    code: 'state-wrong-kind',
    advice: 'mv ',
  },
  {
    name: 'a workspace that is a link to nothing',
    make() {
      const site = install({ ...sound, agents: { defaults: { model: 'echo/echo', workspace: '~/away' } } });
      symlinkSync('/nowhere', join(site.stateDir, 'away'));
      return site;
    },
    code: 'workspace-unusable',
    advice: 'agents.defaults.workspace',
  },
  {
    name: 'a workspace that depends on where the gateway is started',
    make: () => install({ ...sound, agents: { defaults: { model: 'echo/echo', workspace: 'files' } } }),
    code: 'workspace-relative',
    advice: 'the whole path',
  },
  {
    name: 'a certificate that is not there',
    make: () => install({ ...sound, gateway: tls }),
    code: 'tls-unusable',
    advice: 'gateway.tls.certPath',
  },
  {
    name: 'a token out of an example',
    make: () =>
      install({ ...sound, gateway: { mode: 'local', port: 1, auth: { token: 'change-me-please' } } }),
    code: 'security-weak-secret',
    advice: 'openssl rand',
  },
  {
    name: 'a token that is short',
    make: () => install({ ...sound, gateway: { mode: 'local', port: 1, auth: { token: 'k3yk3y' } } }),
    code: 'security-weak-secret',
    advice: 'openssl rand',
  },
  {
    name: 'an account without a credential',
    make: () => install({ ...sound, channels: { telegram: { enabled: true } } }),
    code: 'channel-unconfigured',
    advice: 'pllan channels add --channel telegram',
  },
  {
    name: 'one credential for two accounts',
    make() {
      const accounts = { a: { botToken: '${BOT}' }, b: { botToken: '${BOT}', name: 'the other' } };
      return install({ ...sound, channels: { telegram: { accounts } } });
    },
    code: 'channel-same-credential',
    advice: '--account b',
  },
  {
    name: 'a binding to an agent that is not there',
    make: () =>
      install({
        ...sound,
        bindings: [{ agentId: 'ghost', match: { channel: 'telegram' } }],
        channels: { telegram: { botToken: '${BOT}' } },
      }),
    code: 'binding-agent-missing',
    advice: 'bindings[0]',
  },
  {
    name: 'a binding of an account that is not there',
    make: () =>
      install({
        ...sound,
        bindings: [{ agentId: 'main', match: { channel: 'telegram', accountId: 'gone' } }],
        channels: { telegram: { botToken: '${BOT}' } },
      }),
    code: 'binding-account-missing',
    advice: 'bindings[0]',
  },
  {
    name: 'cron jobs of an older form',
    make() {
      const site = install();
      writePrivate(site, 'cron/jobs.json', '{}');
      return site;
    },
    code: 'cron-older-form',
    advice: 'pllan cron add',
  },
  {
    name: 'a gateway elsewhere without an address',
    make: () => install({ ...sound, gateway: { mode: 'remote' } }),
    code: 'gateway-target',
    advice: 'gateway.remote.url',
  },
];

describe('says what to do', () => {
  it.each([...told, ...unusable])('$name', async ({ make, code, advice }) => {
    const site = make();
    const before = readFileSync(site.configPath, 'utf8');
    const finding = (await doctor(site, '--fix')).find((one) => one.code === code);
    expect(finding).toMatchObject({ repair: 'none', advice: expect.stringContaining(advice) });
    expect(readFileSync(site.configPath, 'utf8')).toBe(before);
  });

  it('of a port that another program has', async () => {
    const server = createServer((_request, response) => response.end('not a gateway'));
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const site = install();
    const env = { ...site.env, PLLAN_GATEWAY_PORT: String(port) };
    expect(await doctor({ ...site, env })).toContainEqual(
      expect.objectContaining({
        code: 'gateway-no-answer',
        message: expect.stringContaining(`in use by pid ${process.pid} (`),
        advice: expect.stringContaining('It is no gateway: stop it, or'),
      }),
    );
  });
});
