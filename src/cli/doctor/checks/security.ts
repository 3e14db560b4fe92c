/** What lets in more than was meant (cli.md §12, rows 18, 19). Only what the config says; nothing is changed. */
import { usableSecret } from '../../../shared/auth/secret-sources.js';
import type { GatewayConfig } from '../../../shared/config/load.js';
import type { Environment } from '../../../shared/paths.js';
import { doctorLimits } from '../../limits.js';
import { isRecord, recordOf, textsOf } from '../../record.js';
import { valueAt } from '../../config/edit-config.js';
import type { Check, Finding } from '../finding.js';

export const security: Check = {
  section: 'Security',
  find({ loaded, document, context }) {
    if (!loaded.ok) return [];
    const { config } = loaded;
    return [
      ...dangerous(document, []),
      ...openChats(document),
      ...hookFindings(config, document),
      ...boundWide(config),
      ...guessable(config, context.env),
    ];
  },
};

/** Keys that say themselves what they are. */
function dangerous(value: unknown, at: readonly string[]): readonly Finding[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]): readonly Finding[] => {
    const path = [...at, key];
    if (!key.startsWith('dangerously')) return dangerous(inner, path);
    if (inner !== true) return [];
    return [
      {
        code: 'security-dangerous-flag',
        level: 'warn',
        message: `${path.join('.')} is on.`,
        advice: `pllan config unset ${path.join('.')}`,
      },
    ];
  });
}

function openChats(document: unknown): readonly Finding[] {
  const channels = recordOf(valueAt(document, ['channels']));
  return Object.entries(channels).flatMap(([id, channel]): Finding[] => {
    const accounts = Object.entries(recordOf(recordOf(channel).accounts));
    const rows = [[`channels.${id}`, recordOf(channel)] as const].concat(
      accounts.map(([account, own]) => [`channels.${id}.accounts.${account}`, recordOf(own)] as const),
    );
    return rows
      .filter(([, row]) => row.dmPolicy === 'open')
      .map(([path]) => ({
        code: 'security-open-chat',
        level: 'warn',
        message: `${path}.dmPolicy=open: anybody can talk to the agent, and use its tools.`,
        advice: `pllan config set ${path}.dmPolicy pairing`,
      }));
  });
}

function hookFindings({ hooks }: GatewayConfig, document: unknown): readonly Finding[] {
  if (!hooks.enabled) return [];
  const written = (path: readonly string[]): unknown => valueAt(document, path);
  const token = written(['hooks', 'token']);
  const same = typeof token === 'string' && token === written(['gateway', 'auth', 'token']);
  const keys = textsOf(hooks.allowedSessionKeyPrefixes);
  return [
    ...(same
      ? [
          {
            code: 'security-hook-token',
            level: 'warn',
            message: "hooks.token is the gateway's own token: whoever sends a hook can do everything.",
            advice: 'Give hooks a token of their own: pllan config set hooks.token <another>',
          } as const,
        ]
      : []),
    ...(hooks.allowRequestSessionKey && keys.length === 0
      ? [
          {
            code: 'security-hook-sessions',
            level: 'warn',
            message: 'hooks.allowRequestSessionKey is on for every session.',
            advice: 'Name those that are meant in hooks.allowedSessionKeyPrefixes.',
          } as const,
        ]
      : []),
  ];
}

/** Of words that stand in examples, and of their like. */
const placeholder =
  /^(?:change[-_ ]?me.*|your[-_ ].*|replace[-_ ]?me.*|example.*|<.*>|secret|token|password|admin|default|todo|x+|\*+|1234\d*)$/i;

function guessable({ gateway, hooks }: GatewayConfig, env: Environment): readonly Finding[] {
  const { token, password } = gateway.auth;
  const written = [
    [
      'gateway.auth.token',
      usableSecret(token) ?? usableSecret(env.PLLAN_GATEWAY_TOKEN),
      doctorLimits.shortToken,
    ],
    [
      'gateway.auth.password',
      usableSecret(password) ?? usableSecret(env.PLLAN_GATEWAY_PASSWORD),
      doctorLimits.shortPassword,
    ],
    ['hooks.token', hooks.enabled ? usableSecret(hooks.token) : undefined, doctorLimits.shortToken],
  ] as const;
  return written.flatMap(([path, secret, least]): Finding[] => {
    if (secret === undefined) return [];
    const isExample = placeholder.test(secret);
    if (!isExample && secret.length >= least) return [];
    return [
      {
        code: 'security-weak-secret',
        level: 'warn',
        message: isExample
          ? `${path} is a placeholder, which anybody can guess.`
          : `${path} has fewer than ${least} characters: it can be guessed.`,
        advice: `Choose another one: pllan config set ${path} "$(openssl rand -hex 24)"`,
      },
    ];
  });
}

function boundWide({ gateway }: GatewayConfig): readonly Finding[] {
  if (gateway.bind !== 'lan' || gateway.tls.enabled) return [];
  return [
    {
      code: 'security-plain-lan',
      level: 'warn',
      message: 'gateway.bind=lan without TLS: tokens travel in plain text.',
      advice:
        'pllan config set gateway.tls.enabled true, or bind loopback and use Tailscale or an SSH tunnel.',
    },
  ];
}
