/** A device with an identity of its own, written from the protocol's text and not from the gateway's code. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { openSocket, type ControlClient, type Frame } from './control-client.js';

export interface TestDevice {
  readonly id: string;
  readonly publicKey: string;
  /** The `device` of a `connect` with these params. */
  prove(
    params: DeviceParams,
    nonce: string,
    signedAt: number,
    version?: 'v2' | 'v3',
  ): Record<string, unknown>;
}

export interface DeviceParams {
  readonly client: {
    readonly id: string;
    readonly mode: string;
    readonly platform: string;
    readonly deviceFamily?: string;
  };
  readonly role?: string;
  readonly scopes?: readonly string[];
  readonly auth?: Readonly<Record<string, string>>;
}

export function createDevice(): TestDevice {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const id = createHash('sha256').update(raw).digest('hex');
  return {
    id,
    publicKey: raw.toString('base64url'),
    prove({ client, role = 'operator', scopes = [], auth = {} }, nonce, signedAt, version = 'v3') {
      const token = auth.token ?? auth.deviceToken ?? auth.bootstrapToken ?? '';
      const fields = [version, id, client.id, client.mode, role, scopes.join(','), signedAt, token, nonce];
      if (version === 'v3')
        fields.push(client.platform.toLowerCase(), (client.deviceFamily ?? '').toLowerCase());
      const signature = sign(null, Buffer.from(fields.join('|')), privateKey).toString('base64url');
      return { id, publicKey: raw.toString('base64url'), signature, signedAt, nonce };
    },
  };
}

export interface DeviceConnection extends ControlClient {
  readonly answer: Frame;
}

/** Opens a socket, waits for the challenge and connects as the device; `answer` is what came, whatever it is. */
export async function connectDevice(
  url: string,
  device: TestDevice,
  params: DeviceParams,
  how: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly version?: 'v2' | 'v3';
    readonly protocol?: number;
    /** What is sent instead of the proof's fields. */
    readonly change?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<DeviceConnection> {
  const client = await openSocket(url, how.headers);
  const challenge = await client.frame('connect.challenge', ({ event }) => event === 'connect.challenge');
  const { nonce, ts } = challenge.payload as { nonce: string; ts: number };
  const { protocol = 4 } = how;
  const proof = { ...device.prove(params, nonce, ts, how.version), ...how.change };
  client.send({
    type: 'req',
    id: 'connect',
    method: 'connect',
    params: {
      minProtocol: protocol,
      maxProtocol: protocol,
      ...params,
      client: { version: '1.0.0', ...params.client },
      device: proof,
    },
  });
  const answer = await client.frame('answer to connect', ({ id }) => id === 'connect');
  return Object.assign(client, { answer });
}

/** What `hello-ok` says of its credentials; nothing where it was refused. */
export function authOf({ answer }: DeviceConnection): Readonly<Record<string, unknown>> {
  return (answer.payload?.auth ?? {}) as Readonly<Record<string, unknown>>;
}

/** The details of its refusal; nothing where it was let in. */
export function detailsOf({ answer }: DeviceConnection): Readonly<Record<string, unknown>> {
  return answer.error?.details ?? {};
}
