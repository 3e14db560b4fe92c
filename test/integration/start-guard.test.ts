/** What must be right before a gateway takes a lock or a port, and what it says if it is not (config.md §10). */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startEntry, type EntryProcess } from '../support/entry-process.js';
import { cleanEnvironment, freePort, temporaryDir, TOKEN } from '../support/gateway.js';
import { requestOnce } from '../support/request-once.js';
import { within } from '../support/wait-for.js';

interface Refusal {
  /** Text of the config file; none without. */
  readonly config?: object | string;
  readonly args?: readonly string[];
  /** The config names the port, not the environment. */
  readonly ownPort?: true;
  readonly exitCode: number;
  readonly says: (port: number) => readonly string[];
}

const local = (gateway: object): object => ({ gateway: { mode: 'local', ...gateway } });

const noToken: Refusal['says'] = () => [
  'gateway auth mode is token, but no token was configured (set gateway.auth.token or PLLAN_GATEWAY_TOKEN)\n',
];
const noPassword: Refusal['says'] = () => ['gateway auth mode is password, but no password was configured\n'];

/**
 * `AUTH_TOKEN_NOT_CONFIGURED` and `AUTH_PASSWORD_NOT_CONFIGURED` (protocol.md §9.4) are what a gateway would tell a client
 * that runs in mode token or password and has no secret. There is none to ask: each way to that ends here, or in a token
 * that the gateway makes.
 */
const withoutSecret: Readonly<Record<string, Refusal>> = {
  'AUTH_TOKEN_NOT_CONFIGURED, token mode by flag': {
    config: local({}),
    args: ['--auth', 'token'],
    exitCode: 1,
    says: noToken,
  },
  'AUTH_TOKEN_NOT_CONFIGURED, token mode by flag without a config': {
    args: ['--auth', 'token', '--allow-unconfigured'],
    exitCode: 1,
    says: noToken,
  },
  'AUTH_TOKEN_NOT_CONFIGURED, a token that is none': {
    config: local({ auth: { token: ' undefined ' } }),
    args: ['--auth', 'token'],
    exitCode: 1,
    says: noToken,
  },
  'AUTH_TOKEN_NOT_CONFIGURED, only a password, reachable by others': {
    config: local({ bind: 'lan', auth: { mode: 'token', password: 'pass-0123456789' } }),
    exitCode: 78,
    says: () => ['refusing to bind gateway to 0.0.0.0:'],
  },
  'AUTH_PASSWORD_NOT_CONFIGURED, password mode': {
    config: local({ auth: { mode: 'password' } }),
    exitCode: 1,
    says: noPassword,
  },
  'AUTH_PASSWORD_NOT_CONFIGURED, password mode by flag without a config': {
    args: ['--auth', 'password', '--allow-unconfigured'],
    exitCode: 1,
    says: noPassword,
  },
  'AUTH_PASSWORD_NOT_CONFIGURED, only a token': {
    config: local({ auth: { mode: 'password', token: TOKEN } }),
    exitCode: 1,
    says: noPassword,
  },
};

const refusals: Readonly<Record<string, Refusal>> = {
  ...withoutSecret,
  'no config': {
    exitCode: 78,
    says: () => [
      'Missing config. Run `pllan setup` or set gateway.mode=local (or pass --allow-unconfigured).\n',
    ],
  },
  'a config without gateway.mode': {
    config: { gateway: { auth: { token: TOKEN } } },
    exitCode: 78,
    says: () => [
      'Gateway start blocked: existing config is missing gateway.mode. Treat this as suspicious or clobbered config. ' +
        'Re-run `pllan onboard --mode local` or `pllan setup`, set gateway.mode=local manually, or pass --allow-unconfigured.\n',
    ],
  },
  'a config for a remote gateway': {
    config: { gateway: { mode: 'remote' } },
    exitCode: 78,
    says: () => [
      'Gateway start blocked: set gateway.mode=local (current: remote) or pass --allow-unconfigured.\n',
    ],
  },
  'bind custom without a host': {
    config: local({ bind: 'custom', auth: { token: TOKEN } }),
    exitCode: 1,
    says: () => ['gateway.bind=custom requires gateway.customBindHost\n'],
  },
  'bind lan without a secret': {
    config: local({ bind: 'lan' }),
    exitCode: 78,
    says: (port) => [
      `refusing to bind gateway to 0.0.0.0:${port} without auth (set gateway.auth.token/password, or set PLLAN_GATEWAY_TOKEN/PLLAN_GATEWAY_PASSWORD)\n`,
    ],
  },
  'bind lan without auth': {
    config: local({ bind: 'lan', auth: { mode: 'none' } }),
    exitCode: 78,
    says: (port) => [`refusing to bind gateway to 0.0.0.0:${port} without auth`],
  },
  'bind lan by flag without a secret': {
    config: local({}),
    args: ['--bind', 'lan'],
    exitCode: 78,
    says: (port) => [`refusing to bind gateway to 0.0.0.0:${port} without auth`],
  },
  'tailscale serve, reachable by others': {
    config: local({ auth: { token: TOKEN }, tailscale: { mode: 'serve' } }),
    args: ['--bind', 'lan'],
    exitCode: 78,
    says: () => ['tailscale serve/funnel requires gateway bind=loopback (127.0.0.1)\n'],
  },
  'tailscale funnel without a password': {
    config: local({ auth: { token: TOKEN }, tailscale: { mode: 'funnel' } }),
    exitCode: 78,
    says: () => [
      'tailscale funnel requires gateway auth mode=password (set gateway.auth.password or PLLAN_GATEWAY_PASSWORD)\n',
    ],
  },
  'both token and password': {
    config: local({ auth: { token: TOKEN, password: 'pass-0123456789' } }),
    exitCode: 78,
    says: () => [
      'gateway.auth.token and gateway.auth.password are both configured, but gateway.auth.mode is unset. Set gateway.auth.mode to token or password.\n',
    ],
  },
  'bind lan with an empty list of origins': {
    config: local({ bind: 'lan', auth: { token: TOKEN }, controlUi: { allowedOrigins: [] } }),
    exitCode: 78,
    says: () => [
      'non-loopback Control UI requires gateway.controlUi.allowedOrigins (set explicit origins), or set gateway.controlUi.dangerouslyAllowHostHeaderOriginFallback=true to use Host-header origin fallback mode\n',
    ],
  },
  'trusted-proxy mode without proxies': {
    config: local({ bind: 'lan', auth: { mode: 'trusted-proxy', trustedProxy: { userHeader: 'x-user' } } }),
    exitCode: 78,
    says: () => [
      'gateway auth mode=trusted-proxy requires gateway.trustedProxies to be configured with at least one proxy IP\n',
    ],
  },
  'trusted-proxy mode by flag without the header that names the user': {
    config: local({ trustedProxies: ['10.0.0.1'] }),
    args: ['--auth', 'trusted-proxy'],
    exitCode: 78,
    says: () => ['gateway auth mode=trusted-proxy requires gateway.auth.trustedProxy.userHeader'],
  },
  'proxies that are no addresses, and headers that are none': {
    config: local({
      auth: { mode: 'trusted-proxy', trustedProxy: { userHeader: 'x user', requiredHeaders: ['a:b'] } },
      trustedProxies: ['proxy.example'],
      allowRealIpFallback: 1,
    }),
    exitCode: 78,
    says: () => [
      '\n- gateway.auth.trustedProxy.userHeader: must be the name of a header\n',
      '\n- gateway.auth.trustedProxy.requiredHeaders: must be the name of a header\n',
      '\n- gateway.trustedProxies: must be addresses or CIDR blocks; "proxy.example" is neither\n',
      '\n- gateway.allowRealIpFallback: must be true or false\n',
    ],
  },
  'wrong values and unknown keys': {
    config: {
      gateway: { mode: 'local', bind: 'localhost', auth: { tokn: TOKEN } },
      models: { providers: { mine: { baseUrl: 7 } } },
      nonsense: true,
    },
    exitCode: 78,
    says: () => [
      'Config invalid\nFile: ',
      'pllan.json\n',
      '\n- gateway.bind: ',
      '\n- gateway.auth.tokn: unknown key (did you mean token?)\n',
      '\n- models.providers.mine.baseUrl: ',
      '\n- nonsense: unknown key\n',
      '\nRun: pllan doctor --fix\n',
    ],
  },
  'text that is not JSON5': {
    config: '{ gateway: ',
    exitCode: 78,
    says: () => ['Config invalid\nFile: ', '\n- <root>: not valid JSON5: '],
  },
  'a port out of range in the config': {
    config: local({ port: 70_000, auth: { token: TOKEN } }),
    ownPort: true,
    exitCode: 78,
    says: () => ['\n- gateway.port: '],
  },
  'a port in the config that is none, though another one is given': {
    config: local({ port: 'abc', auth: { token: TOKEN } }),
    exitCode: 78,
    says: () => ['\n- gateway.port: must be a whole number from 1 to 65535\n'],
  },
  'a header value of two lines': {
    config: local({
      auth: { token: TOKEN },
      http: { securityHeaders: { strictTransportSecurity: 'max-age=1\nX: y' } },
    }),
    exitCode: 78,
    says: () => ['\n- gateway.http.securityHeaders.strictTransportSecurity: must be one line of '],
  },
  'hooks without a token': {
    config: { ...local({ auth: { token: TOKEN } }), hooks: { enabled: true, token: ' null ' } },
    exitCode: 78,
    says: () => ['hooks.enabled requires hooks.token\n'],
  },
  'hooks everywhere': {
    config: { ...local({ auth: { token: TOKEN } }), hooks: { enabled: true, token: 'hook', path: '//' } },
    exitCode: 78,
    says: () => ["hooks.path may not be '/'\n"],
  },
  'a hook of an agent that there is not': {
    config: {
      ...local({ auth: { token: TOKEN } }),
      hooks: { enabled: true, token: 'hook', mappings: [{}, { agentId: 'nobody' }] },
    },
    exitCode: 78,
    says: () => ["hooks.mappings[1].agentId: there is no agent 'nobody'\n"],
  },
  'a transform from elsewhere': {
    config: {
      ...local({ auth: { token: TOKEN } }),
      hooks: { enabled: true, token: 'hook', mappings: [{ transform: { module: '../up.mjs' } }] },
    },
    exitCode: 78,
    says: () => ['hooks.mappings[0].transform.module: must be in hooks.transformsDir ('],
  },
  'a transform without a thread to run in': {
    config: {
      ...local({ auth: { token: TOKEN }, workers: { toolThreads: 0 } }),
      hooks: { enabled: true, token: 'hook', mappings: [{ transform: { module: 'in.mjs' } }] },
    },
    exitCode: 78,
    says: () => ['hooks.mappings[0].transform: needs gateway.workers.toolThreads to be 1 or more'],
  },
  'hooks that are none': {
    config: {
      ...local({ auth: { token: TOKEN } }),
      hooks: {
        enabled: 'yes',
        token: 7,
        maxBodyBytes: 0,
        mappings: [{ action: 'run', match: { url: 'x' } }],
      },
    },
    exitCode: 78,
    says: () => [
      '\n- hooks.enabled: must be true or false\n',
      '\n- hooks.token: must be a string\n',
      '\n- hooks.maxBodyBytes: must be a whole number from 1 to 4194304\n',
      '\n- hooks.mappings[0].match.url: unknown key\n',
      '\n- hooks.mappings[0].action: ',
    ],
  },
  'a model that no provider has': {
    config: { ...local({ auth: { token: TOKEN } }), agents: { defaults: { model: 'nobody/m' } } },
    exitCode: 78,
    says: () => ['model nobody/m: there is no models.providers.nobody\n'],
  },
};

/** A gateway with nothing but this config, and a port that is free. */
async function startWith(
  stateDir: string,
  { config, args = [], ownPort }: Pick<Refusal, 'config' | 'args' | 'ownPort'>,
): Promise<{ readonly port: number; readonly gateway: EntryProcess }> {
  const text = typeof config === 'string' ? config : config && JSON.stringify(config);
  if (text !== undefined) writeFileSync(join(stateDir, 'pllan.json'), text, { mode: 0o600 });
  const port = await freePort();
  const env = cleanEnvironment(stateDir, ownPort ? {} : { PLLAN_GATEWAY_PORT: String(port) });
  return { port, gateway: startEntry(['gateway', ...args], { env }) };
}

describe.concurrent('a gateway that must not start', () => {
  it.for(Object.entries(refusals))('says why and exits: %s', async ([, refusal], test) => {
    const stateDir = temporaryDir();
    const { gateway, port } = await startWith(stateDir, refusal);
    test.onTestFinished(async () => void (await gateway.stop()));
    expect(await within('exit', gateway.exited, 30_000)).toBe(refusal.exitCode);
    for (const text of refusal.says(port)) expect(`\n${gateway.stderr()}`).toContain(text);
    expect(gateway.output()).not.toContain(TOKEN);
    expect(gateway.output()).not.toContain('listening');
    expect(readdirSync(stateDir).filter((name) => name.startsWith('gateway.'))).toEqual([]);
  });

  it('starts with --allow-unconfigured, on a token of its own, and writes no config', async (test) => {
    const stateDir = temporaryDir();
    const { gateway, port } = await startWith(stateDir, { args: ['--allow-unconfigured'] });
    test.onTestFinished(async () => void (await gateway.stop()));
    const url = `http://127.0.0.1:${port}/v1/models`;
    await gateway.prints(/curl /);
    const token = readFileSync(join(stateDir, 'credentials', 'gateway-token'), 'utf8').trim();
    expect(token).toMatch(/^[0-9a-f]{48}$/);
    expect(await requestOnce(url)).toMatchObject({ status: 401 });
    expect(await requestOnce(url, { headers: { authorization: `Bearer ${token}` } })).toMatchObject({
      status: 200,
    });
    expect(existsSync(join(stateDir, 'pllan.json'))).toBe(false);
    expect(gateway.output()).not.toContain(token);
  });
});
