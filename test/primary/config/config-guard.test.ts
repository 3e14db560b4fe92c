/** Every row of the start guard, word for word and with its exit code (config.md §10); integration/start-guard has processes. */
import { describe, expect, it } from 'vitest';
import { guardConfig } from '../../../src/primary/config/config-guard.js';
import { requireLocalMode, requireLoopback, requireValid } from '../../../src/primary/config/start-guard.js';
import { StartError } from '../../../src/primary/start-error.js';
import { parseConfig } from '../../../src/shared/config/load.js';
import { resolvePaths, type Environment } from '../../../src/shared/paths.js';

const paths = resolvePaths({ PLLAN_HOME: '/home/u' });
const noFlags = { mode: undefined, token: undefined, password: undefined };
const token = 't'.repeat(24);
const password = 'p'.repeat(24);

interface Given {
  readonly gateway?: object;
  readonly env?: Environment;
  readonly flags?: Partial<Parameters<typeof guardConfig>[0]['flags']>;
}

function load(config: object, env: Environment = {}) {
  return requireValid(parseConfig(JSON.stringify(config), { path: '/nowhere', env }), paths);
}

function guard({ gateway = {}, env = {}, flags = {} }: Given) {
  const { config, refs } = load({ gateway }, env);
  return guardConfig({
    config,
    refs,
    env,
    flags: { ...noFlags, ...flags },
    model: undefined,
    paths,
    version: 1,
  });
}

async function refusalOf(check: () => unknown): Promise<{ readonly message: string; readonly exit: number }> {
  try {
    await check();
  } catch (caught) {
    if (caught instanceof StartError) return { message: caught.message, exit: caught.exitCode };
    throw caught;
  }
  throw new Error('nothing was refused');
}

const refusals: Readonly<Record<string, Given & { readonly message: string; readonly exit: 1 | 78 }>> = {
  'both token and password': {
    gateway: { auth: { token, password } },
    message:
      'gateway.auth.token and gateway.auth.password are both configured, but gateway.auth.mode is unset. Set gateway.auth.mode to token or password.',
    exit: 78,
  },
  'bind custom without a host': {
    gateway: { bind: 'custom' },
    message: 'gateway.bind=custom requires gateway.customBindHost',
    exit: 1,
  },
  'tailscale serve on lan': {
    gateway: { bind: 'lan', tailscale: { mode: 'serve' } },
    message: 'tailscale serve/funnel requires gateway bind=loopback (127.0.0.1)',
    exit: 78,
  },
  'tailscale funnel on the tailnet': {
    gateway: { bind: 'tailnet', tailscale: { mode: 'funnel' }, auth: { password } },
    message: 'tailscale serve/funnel requires gateway bind=loopback (127.0.0.1)',
    exit: 78,
  },
  'tailscale serve where loopback is a matter of luck': {
    gateway: { bind: 'auto', tailscale: { mode: 'serve' }, auth: { token } },
    message: 'tailscale serve/funnel requires gateway bind=loopback (127.0.0.1)',
    exit: 78,
  },
  'funnel with a token': {
    gateway: { tailscale: { mode: 'funnel' }, auth: { token } },
    message:
      'tailscale funnel requires gateway auth mode=password (set gateway.auth.password or PLLAN_GATEWAY_PASSWORD)',
    exit: 78,
  },
  'funnel in mode password without one': {
    gateway: { tailscale: { mode: 'funnel' }, auth: { mode: 'password' } },
    message:
      'tailscale funnel requires gateway auth mode=password (set gateway.auth.password or PLLAN_GATEWAY_PASSWORD)',
    exit: 78,
  },
  'lan without a secret': {
    gateway: { bind: 'lan', port: 4_000 },
    message:
      'refusing to bind gateway to 0.0.0.0:4000 without auth (set gateway.auth.token/password, or set PLLAN_GATEWAY_TOKEN/PLLAN_GATEWAY_PASSWORD)',
    exit: 78,
  },
  'a host of one’s own without a secret': {
    gateway: { bind: 'custom', customBindHost: '192.0.2.7', auth: { mode: 'none' } },
    message:
      'refusing to bind gateway to 192.0.2.7:18789 without auth (set gateway.auth.token/password, or set PLLAN_GATEWAY_TOKEN/PLLAN_GATEWAY_PASSWORD)',
    exit: 78,
  },
  'token mode without a token that may be made': {
    flags: { mode: 'token' },
    message:
      'gateway auth mode is token, but no token was configured (set gateway.auth.token or PLLAN_GATEWAY_TOKEN)',
    exit: 1,
  },
  'password mode without a password': {
    gateway: { auth: { mode: 'password', token } },
    message: 'gateway auth mode is password, but no password was configured',
    exit: 1,
  },
  'the page for others, and no origin': {
    gateway: { bind: 'lan', auth: { token }, controlUi: { allowedOrigins: [] } },
    message:
      'non-loopback Control UI requires gateway.controlUi.allowedOrigins (set explicit origins), or set gateway.controlUi.dangerouslyAllowHostHeaderOriginFallback=true to use Host-header origin fallback mode',
    exit: 78,
  },
  'trusted-proxy without proxies': {
    gateway: { bind: 'lan', auth: { mode: 'trusted-proxy', trustedProxy: { userHeader: 'x-user' } } },
    message:
      'gateway auth mode=trusted-proxy requires gateway.trustedProxies to be configured with at least one proxy IP',
    exit: 78,
  },
};

describe('a gateway is not run', () => {
  it.each(Object.entries(refusals))('with %s', async (_name, { message, exit, ...given }) => {
    expect(await refusalOf(() => guard(given))).toEqual({ message, exit });
  });

  it('with loopback that is not loopback', async () => {
    const { gateway } = load({ gateway: { bind: 'loopback' } }).config;
    const bind = { required: ['192.0.2.7'], optional: [], loopback: false, warning: undefined };
    expect(await refusalOf(() => requireLoopback(gateway, bind))).toEqual({
      message:
        'gateway bind=loopback resolved to non-loopback host 192.0.2.7; refusing fallback to a network bind',
      exit: 1,
    });
  });

  it('with a config that is none', async () => {
    const invalid = parseConfig('{gateway:{port:"x"}}', { path: '/nowhere', env: {} });
    expect(await refusalOf(() => requireValid(invalid, paths))).toEqual({
      message:
        'Config invalid\nFile: ~/.pllan/pllan.json\n- gateway.port: must be a whole number from 1 to 65535\nRun: pllan doctor --fix',
      exit: 78,
    });
  });
});

describe('a gateway is run', () => {
  it.each<[string, Given]>([
    ['nothing', {}],
    [
      'a token from the environment, for all',
      { gateway: { bind: 'lan' }, env: { PLLAN_GATEWAY_TOKEN: token } },
    ],
    ['a password from the command line, for all', { gateway: { bind: 'lan' }, flags: { password } }],
    ['no auth on loopback', { flags: { mode: 'none' } }],
    ['tailscale serve', { gateway: { tailscale: { mode: 'serve' }, auth: { token } } }],
    [
      'funnel and a password',
      { gateway: { tailscale: { mode: 'funnel' } }, env: { PLLAN_GATEWAY_PASSWORD: password } },
    ],
    [
      'no page, and so no origin',
      { gateway: { bind: 'lan', auth: { token }, controlUi: { enabled: false, allowedOrigins: [] } } },
    ],
    [
      'origins by Host header',
      {
        gateway: {
          bind: 'lan',
          auth: { token },
          controlUi: { allowedOrigins: [], dangerouslyAllowHostHeaderOriginFallback: true },
        },
      },
    ],
  ])('with %s', async (_name, given) => {
    await expect(guard(given)).resolves.toMatchObject({ bind: {}, auth: {}, routes: { version: 1 } });
  });
});

describe('a config that no gateway was meant to start from', () => {
  const { config } = load({});
  const remote = load({ gateway: { mode: 'remote' } }).config;

  it.each([
    [
      { exists: false, config },
      'Missing config. Run `pllan setup` or set gateway.mode=local (or pass --allow-unconfigured).',
    ],
    [
      { exists: true, config },
      'Gateway start blocked: existing config is missing gateway.mode. Treat this as suspicious or clobbered config. Re-run `pllan onboard --mode local` or `pllan setup`, set gateway.mode=local manually, or pass --allow-unconfigured.',
    ],
    [
      { exists: true, config: remote },
      'Gateway start blocked: set gateway.mode=local (current: remote) or pass --allow-unconfigured.',
    ],
  ])('%# is refused, and not with --allow-unconfigured', async (loaded, message) => {
    expect(await refusalOf(() => requireLocalMode(loaded, false))).toEqual({ message, exit: 78 });
    expect(() => requireLocalMode(loaded, true)).not.toThrow();
  });
});
