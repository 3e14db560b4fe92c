/** `pllan doctor` repairs: it says what it would do, does it when it may, and a second time finds nothing (cli.md §12). */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configLockName, resolvePaths } from '../../../src/shared/paths.js';
import { cli } from '../support/cli.js';
import {
  codes,
  doctor,
  install,
  readConfig,
  sound,
  writeLastGood,
  writePrivate,
  type Installation,
} from './installation.js';

it('has nothing to say of a sound installation', async () => {
  const site = install();
  expect(await doctor(site)).toEqual([]);
  const bindings = [{ agentId: 'Main', match: { channel: 'telegram', accountId: '*' } }];
  const telegram = { accounts: { a: { botToken: '${A}' }, b: { botToken: '${B}' } } };
  const talking = install({ ...sound, bindings, channels: { telegram } });
  const env = { ...talking.env, A: '1:a', B: '2:b' };
  expect(await doctor({ ...talking, env })).toEqual([]);
  const run = await cli(['doctor'], { env: site.env });
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toContain('│ ! No gateway is running.\n│   → Start it with: pllan gateway');
  expect(run.stdout.trimEnd().endsWith('Doctor complete.')).toBe(true);
});

interface Repaired {
  readonly name: string;
  readonly make: () => Installation;
  readonly code: string;
  readonly mended: (site: Installation) => void;
}

const repaired: readonly Repaired[] = [
  {
    name: 'unknown keys',
    make: () => install({ ...sound, gateway: { mode: 'local', port: 1, prot: 2 }, surprise: true }),
    code: 'config-unknown-keys',
    mended(site) {
      expect(readConfig(site)).toMatchObject({ gateway: { mode: 'local', port: 1 } });
      expect(readFileSync(site.configPath, 'utf8')).not.toContain('surprise');
      expect(readFileSync(`${site.configPath}.bak`, 'utf8')).toContain('surprise');
    },
  },
  {
    name: 'keys of older releases, which keep what they say',
    make: () =>
      install({
        meta: {},
        gateway: { mode: 'local', port: 1, token: '${OLD}', bind: '127.0.0.1' },
        agent: { model: 'echo/echo', workspace: '~/elsewhere', heartbeat: { every: '1h' } },
        agents: { defaults: { workspace: '~/here', heartbeat: { target: 'owner' } } },
        routing: { queue: { cap: 5 }, bindings: [{ agentId: 'main', match: { channel: 'irc' } }] },
      }),
    code: 'config-legacy-keys',
    mended(site) {
      expect(readConfig(site)).toEqual({
        meta: {},
        gateway: { mode: 'local', port: 1, bind: 'loopback', auth: { token: '${OLD}' } },
        agents: {
          defaults: { model: 'echo/echo', workspace: '~/here', heartbeat: { target: 'owner', every: '1h' } },
        },
        messages: { queue: { cap: 5 } },
        bindings: [{ agentId: 'main', match: { channel: 'irc' } }],
      });
      expect(readFileSync(`${site.configPath}.bak`, 'utf8')).toContain('~/elsewhere');
    },
  },
  {
    name: 'a file that is no JSON5, with one that was good',
    make() {
      const site = install('{ gateway: { mode: ');
      writeLastGood(site, sound);
      return site;
    },
    code: 'config-unreadable',
    mended(site) {
      expect(readConfig(site)).toEqual(sound);
      const kept = readdirSync(site.stateDir).filter((name) => name.startsWith('pllan.json.clobbered.'));
      expect(kept).toHaveLength(1);
      expect(readFileSync(join(site.stateDir, kept[0] as string), 'utf8')).toBe('{ gateway: { mode: ');
    },
  },
  {
    name: 'a file from which everything of ours is gone',
    make() {
      const site = install({ agents: { defaults: { model: 'echo/echo' } } });
      writeLastGood(site, sound);
      return site;
    },
    code: 'config-clobbered',
    mended: (site) => expect(readConfig(site)).toEqual(sound),
  },
  {
    name: 'no file',
    make() {
      const site = install();
      const env = { ...site.env, PLLAN_CONFIG_PATH: join(site.stateDir, 'other.json') };
      return { ...site, env, configPath: env.PLLAN_CONFIG_PATH };
    },
    code: 'config-missing',
    mended: (site) => expect(readConfig(site)).toMatchObject({ gateway: { mode: 'local' } }),
  },
  {
    name: 'no mode',
    make: () => install({ meta: {}, gateway: { port: 1 }, agents: { defaults: { model: 'echo/echo' } } }),
    code: 'gateway-mode-unset',
    mended: (site) => expect(readConfig(site)).toMatchObject({ gateway: { mode: 'local', port: 1 } }),
  },
  {
    name: 'a token and a password, and no mode',
    make: () =>
      install({ ...sound, gateway: { mode: 'local', port: 1, auth: { token: '${A}', password: '${B}' } } }),
    code: 'auth-ambiguous',
    mended: (site) => expect(readConfig(site)).toMatchObject({ gateway: { auth: { mode: 'token' } } }),
  },
  {
    name: 'a LAN without a secret',
    make: () =>
      install({ ...sound, gateway: { mode: 'local', port: 1, bind: 'lan', tls: { enabled: true } } }),
    code: 'auth-token-missing',
    mended: (site) =>
      expect(readConfig(site)).toMatchObject({
        gateway: { auth: { token: expect.stringMatching(/^[0-9a-f]{48}$/) } },
      }),
  },
  {
    name: 'a LAN without auth',
    make: () =>
      install({
        ...sound,
        gateway: {
          mode: 'local',
          port: 1,
          bind: 'lan',
          tls: { enabled: true },
          auth: { mode: 'none', token: '${A}' },
        },
      }),
    code: 'auth-open',
    mended: (site) => expect(readConfig(site)).toMatchObject({ gateway: { auth: { mode: 'token' } } }),
  },
  {
    name: 'a state directory that others can read',
    make() {
      const site = install();
      chmodSync(site.stateDir, 0o755);
      chmodSync(site.configPath, 0o644);
      return site;
    },
    code: 'state-open-to-others',
    mended(site) {
      expect(statSync(site.stateDir).mode & 0o777).toBe(0o700);
      expect(statSync(site.configPath).mode & 0o777).toBe(0o600);
    },
  },
  {
    name: 'no workspace',
    make: () => install({ ...sound, agents: { ...sound.agents, list: [{ id: 'ops', workspace: '~/ops' }] } }),
    code: 'workspace-missing',
    mended: (site) => expect(readdirSync(join(site.stateDir, 'ops'))).toContain('AGENTS.md'),
  },
  {
    name: 'a workspace that others can change',
    make() {
      const site = install();
      chmodSync(join(site.stateDir, 'workspace'), 0o777);
      return site;
    },
    code: 'workspace-writable-by-others',
    mended: (site) => expect(statSync(join(site.stateDir, 'workspace')).mode & 0o777).toBe(0o755),
  },
  {
    name: 'a device key that is none',
    make() {
      const site = install();
      writePrivate(site, 'identity/device.json', '{"version":1');
      return site;
    },
    code: 'device-key-broken',
    mended(site) {
      expect(readFileSync(join(site.stateDir, 'identity/device.json.corrupt'), 'utf8')).toBe('{"version":1');
      expect(readFileSync(join(site.stateDir, 'identity/device.json'), 'utf8')).toContain('PRIVATE KEY');
    },
  },
  {
    name: "a key of the gateway's that is none",
    make() {
      const site = install();
      writePrivate(site, 'credentials/gateway-identity.pem', 'half a k');
      return site;
    },
    code: 'gateway-key-broken',
    mended: (site) =>
      expect(readFileSync(join(site.stateDir, 'credentials/gateway-identity.pem.corrupt'), 'utf8')).toBe(
        'half a k',
      ),
  },
  {
    name: 'a folder of the agent where older releases had it',
    make() {
      const site = install({
        ...sound,
        agents: { ...sound.agents, list: [{ id: 'x' }, { id: 'Ops', default: true }] },
      });
      writePrivate(site, 'agent/auth-profiles.json', '{"version":1,"profiles":{}}');
      return site;
    },
    code: 'agent-dir-older-place',
    mended: (site) =>
      expect(readFileSync(join(site.stateDir, 'agents/ops/agent/auth-profiles.json'), 'utf8')).toContain(
        'profiles',
      ),
  },
  {
    name: 'a file of secrets that others can read',
    make() {
      const site = install({
        ...sound,
        gateway: { mode: 'local', port: 1, auth: { token: { source: 'file', provider: 'own', id: '/t' } } },
        secrets: { providers: { own: { source: 'file', path: '~/own.json' } } },
      });
      writeFileSync(join(site.stateDir, 'own.json'), '{"t":"0123456789abcdef"}', { mode: 0o644 });
      return site;
    },
    code: 'secret-file-open',
    mended: (site) => expect(statSync(join(site.stateDir, 'own.json')).mode & 0o777).toBe(0o600),
  },
  {
    name: 'a command for secrets that cannot be executed',
    make() {
      const site = install();
      const command = join(site.stateDir, 'vault');
      writeFileSync(command, '#!/bin/sh\n', { mode: 0o600 });
      const token = { source: 'exec', provider: 'vault', id: 't' };
      const providers = { vault: { source: 'exec', command } };
      writeFileSync(
        site.configPath,
        JSON.stringify({
          ...sound,
          gateway: { mode: 'local', port: 1, auth: { token } },
          secrets: { providers },
        }),
      );
      return site;
    },
    code: 'secret-command-unusable',
    mended: (site) => expect(statSync(join(site.stateDir, 'vault')).mode & 0o777).toBe(0o700),
  },
  {
    name: 'locks of a gateway that has gone',
    make() {
      const site = install();
      const owner = JSON.stringify({ pid: 2 ** 22 + 1, createdAt: '', configPath: site.configPath, port: 1 });
      writeFileSync(join(site.stateDir, 'gateway.lock'), owner, { mode: 0o600 });
      const { lockDir } = resolvePaths(site.env);
      mkdirSync(lockDir, { recursive: true, mode: 0o700 });
      writeFileSync(join(lockDir, configLockName(site.configPath)), owner, { mode: 0o600 });
      return site;
    },
    code: 'lock-stale',
    mended(site) {
      expect(existsSync(join(site.stateDir, 'gateway.lock'))).toBe(false);
      expect(existsSync(join(resolvePaths(site.env).lockDir, configLockName(site.configPath)))).toBe(false);
    },
  },
];

describe('repairs', () => {
  it.each(repaired)('$name', async ({ make, code, mended }) => {
    const site = make();
    const before = readdirSync(site.stateDir).toSorted();
    const reported = await doctor(site);
    expect(codes(reported)).toContain(code);
    expect(reported.find((one) => one.code === code)).toMatchObject({ repair: 'offered' });
    expect(readdirSync(site.stateDir).toSorted()).toEqual(before);

    const fixed = await doctor(site, '--fix');
    expect(fixed.find((one) => one.code === code)).toMatchObject({
      repair: 'done',
      outcome: expect.any(String),
    });
    mended(site);
    expect(codes(await doctor(site, '--fix'))).not.toContain(code);
  });
});
