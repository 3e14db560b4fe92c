/** What `connect` says of the command line, signed by its device when it has one (protocol.md §5, §8). */
import { hostname } from 'node:os';
import { PROTOCOL_VERSION } from '../../shared/protocol/constants.js';
import { signedToken, signFacts } from '../../shared/protocol/device-identity.js';
import type { ConnectParams } from '../../shared/protocol/frames.js';
import { VERSION } from '../../shared/version.js';
import type { DeviceIdentity } from './device/identity-file.js';
import { ROLE, type ClientKind } from './kinds.js';
import type { Challenge } from './frames.js';

export interface Introduction {
  readonly kind: ClientKind;
  readonly scopes: readonly string[];
  readonly auth: {
    readonly token?: string | undefined;
    readonly password?: string | undefined;
    readonly deviceToken?: string | undefined;
  };
  /** Both are needed for a signature: without one of them the device is left out. */
  readonly identity: DeviceIdentity | undefined;
  readonly challenge: Challenge | undefined;
}

export function connectParams(introduction: Introduction): ConnectParams {
  const { kind, scopes, identity, challenge } = introduction;
  const given = Object.entries(introduction.auth).filter(([, value]) => value !== undefined);
  const auth = Object.fromEntries(given) as NonNullable<ConnectParams['auth']>;
  const params: ConnectParams = {
    minProtocol: kind.minProtocol,
    maxProtocol: PROTOCOL_VERSION,
    client: {
      id: kind.id,
      displayName: hostname() || 'cli',
      version: VERSION,
      platform: process.platform,
      mode: kind.mode,
    },
    role: ROLE,
    scopes: [...scopes],
    ...(given.length === 0 ? {} : { auth }),
    userAgent: `pllan-cli/${VERSION}`,
  };
  return identity && challenge ? { ...params, device: prove(params, identity, challenge) } : params;
}

function prove(
  { client, scopes = [], auth }: ConnectParams,
  { deviceId, publicKey, privateKey }: DeviceIdentity,
  { nonce, ts }: Challenge,
): NonNullable<ConnectParams['device']> {
  const facts = {
    deviceId,
    clientId: client.id,
    clientMode: client.mode,
    role: ROLE,
    scopes,
    signedAtMs: ts,
    token: signedToken(auth),
    nonce,
    platform: client.platform,
    deviceFamily: '',
  };
  return { id: deviceId, publicKey, signature: signFacts(facts, privateKey), signedAt: ts, nonce };
}
