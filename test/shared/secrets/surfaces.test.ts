import { describe, expect, it } from 'vitest';
import { findRefs, withValues } from '../../../src/shared/secrets/config-refs.js';
import { judgeRefs, type SurfaceFacts } from '../../../src/shared/secrets/surfaces.js';

const ref = { source: 'file', id: '/x' };
const none: SurfaceFacts['flags'] = { mode: undefined, token: undefined, password: undefined };

/** Which refs of a config are active, by path. */
function judged(
  config: object,
  { env = {}, flags = {} }: { env?: Record<string, string>; flags?: Partial<SurfaceFacts['flags']> } = {},
): Record<string, boolean> {
  const { refs } = findRefs(config);
  const document = withValues(config, refs, () => undefined);
  const verdicts = judgeRefs({ document, refs, env, flags: { ...none, ...flags } });
  return Object.fromEntries(verdicts.map(({ path, active }) => [path, active]));
}

const auth = (settings: object): object => ({ gateway: { auth: settings } });

describe('a ref', () => {
  it.each([
    ['in mode token', auth({ mode: 'token', token: ref }), {}, true],
    ['in mode password', auth({ mode: 'password', token: ref }), {}, false],
    ['without a mode', auth({ token: ref }), {}, true],
    ['beside a password, without a mode', auth({ token: ref, password: 'p' }), {}, false],
    [
      'beside a password in the environment',
      auth({ token: ref }),
      { env: { PLLAN_GATEWAY_PASSWORD: 'p' } },
      false,
    ],
    [
      'over which the environment has another',
      auth({ token: ref }),
      { env: { PLLAN_GATEWAY_TOKEN: 't' } },
      true,
    ],
    ['with --token', auth({ mode: 'token', token: ref }), { flags: { token: 't' } }, false],
    ['with --auth password', auth({ mode: 'token', token: ref }), { flags: { mode: 'password' } }, false],
  ] as const)('for the gateway token %s: active %s', (_name, config, given, active) => {
    expect(judged(config, given)['gateway.auth.token']).toBe(active);
  });

  it.each([
    ['in mode password', auth({ mode: 'password', password: ref }), {}, true],
    ['in mode trusted-proxy', auth({ mode: 'trusted-proxy', password: ref }), {}, true],
    ['without a mode', auth({ password: ref }), {}, true],
    ['in mode token', auth({ mode: 'token', password: ref }), {}, false],
    ['with --password', auth({ password: ref }), { flags: { password: 'p' } }, false],
  ] as const)('for the gateway password %s: active %s', (_name, config, given, active) => {
    expect(judged(config, given)['gateway.auth.password']).toBe(active);
  });

  const remote = (more: object, own: object = {}): object => ({
    gateway: { auth: { mode: 'token', ...own }, remote: { token: ref }, ...more },
  });
  it.each([
    ['in mode remote', remote({ mode: 'remote' }, { token: 't' }), {}, true],
    ['with tailscale serve', remote({ tailscale: { mode: 'serve' } }, { token: 't' }), {}, true],
    ['without any other token', remote({}), {}, true],
    ['beside an own token', remote({}, { token: 't' }), {}, false],
    ['beside an own ref', remote({}, { token: ref }), {}, false],
    ['beside one in the environment', remote({}), { env: { PLLAN_GATEWAY_TOKEN: 't' } }, false],
    ['beside mode password', remote({}, { mode: 'password' }), {}, false],
  ] as const)('for a remote gateway %s: active %s', (_name, config, given, active) => {
    expect(judged(config, given)['gateway.remote.token']).toBe(active);
  });

  it('for a remote gateway that has a URL is active', () => {
    const config = {
      gateway: { auth: { token: 't' }, remote: { url: 'wss://x', token: ref, password: ref } },
    };
    expect(judged(config)).toEqual({ 'gateway.remote.token': true, 'gateway.remote.password': true });
  });

  it('is active where its entry is not switched off', () => {
    expect(
      judged({
        models: {
          providers: { a: { apiKey: ref }, b: { enabled: false, apiKey: ref, headers: { x: ref } } },
        },
        mcp: { servers: { a: { env: { A: ref } }, b: { enabled: false, env: { A: ref } } } },
        skills: { entries: { a: { apiKey: ref }, b: { apiKey: ref, enabled: false } } },
        cron: { enabled: false, webhookToken: ref },
      }),
    ).toEqual({
      'models.providers.a.apiKey': true,
      'models.providers.b.apiKey': false,
      'models.providers.b.headers.x': false,
      'skills.entries.a.apiKey': true,
      'skills.entries.b.apiKey': false,
      'mcp.servers.a.env.A': true,
      'mcp.servers.b.env.A': false,
      'cron.webhookToken': false,
    });
  });

  it('of a channel is active where channel and account are on, and above accounts where one inherits it', () => {
    expect(
      judged({
        channels: {
          telegram: {
            botToken: ref,
            accounts: { a: { botToken: ref }, b: { enabled: false, botToken: ref } },
          },
          discord: { token: ref, accounts: { a: { token: 't' }, b: {} } },
          irc: { enabled: false, password: ref, accounts: { a: { password: ref } } },
          matrix: { accessToken: ref },
        },
      }),
    ).toEqual({
      'channels.telegram.botToken': false,
      'channels.telegram.accounts.a.botToken': true,
      'channels.telegram.accounts.b.botToken': false,
      'channels.discord.token': true,
      'channels.irc.password': false,
      'channels.irc.accounts.a.password': false,
      'channels.matrix.accessToken': true,
    });
  });
});
