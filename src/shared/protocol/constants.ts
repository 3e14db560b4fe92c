/** Versions, close codes and client identities of the WebSocket protocol (protocol.md §3, §5.1, §18). */

export const PROTOCOL_VERSION = 4;
export const MIN_PROTOCOL_VERSION = 3;

export const closeCodes = {
  normal: 1000,
  protocolMismatch: 1002,
  policy: 1008,
  tooLarge: 1009,
  internal: 1011,
  restart: 1012,
  tryLater: 1013,
  credentialsChanged: 4001,
} as const;

/** Why each is used, and the reasons that come with it. */
export const closeMeanings: Readonly<Record<keyof typeof closeCodes, string>> = {
  normal: 'Nothing was sent in time.',
  protocolMismatch: '`protocol mismatch`: the ranges of versions do not meet.',
  policy:
    'The text of the error that was answered, `invalid request frame`, `slow consumer`, `repeated unauthorized calls`, `too many pending handshake frames`.',
  tooLarge: '`preauth payload too large`; after the handshake `Max payload size exceeded`.',
  internal: '`internal error`: the handshake could not be decided; the cause is in the log.',
  restart: '`service restart`: the gateway stops.',
  tryLater: '`gateway starting` or `gateway restart in progress`.',
  credentialsChanged:
    '`client invalidated: …`: the device was removed, or its token changed; `gateway auth changed`: the gateway has another token or password.',
};

export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];

/** Names with a historic prefix: each `pllan-x` is also accepted as `openclaw-x` and means the same client. */
const prefixed = [
  'control-ui',
  'tui',
  'probe',
  'macos',
  'linux',
  'ios',
  'watchos',
  'android',
  'worker',
  'browser-copilot',
] as const;

const plain = ['cli', 'gateway-client', 'webchat-ui', 'webchat', 'node-host', 'fingerprint', 'test'] as const;

export const clientIds: readonly string[] = [
  ...plain,
  ...prefixed.flatMap((name) => [`pllan-${name}`, `openclaw-${name}`]),
];

export const clientModes = ['webchat', 'cli', 'ui', 'backend', 'node', 'worker', 'probe', 'test'] as const;
export type ClientMode = (typeof clientModes)[number];

/** The one name of a client that may have used the historic prefix. */
export function canonicalClientId(id: string): string {
  return id.startsWith('openclaw-') ? `pllan-${id.slice('openclaw-'.length)}` : id;
}

/** True for the browser clients to which origin and device rules of protocol.md §9.6 and §9.7 apply. */
export function isBrowserClient(id: string): boolean {
  return ['pllan-control-ui', 'webchat', 'webchat-ui'].includes(canonicalClientId(id));
}
