/**
 * One WebSocket to the gateway, from the challenge to its close (protocol.md §4):
 *
 *   open ──challenge──▶ connect sent ──hello-ok──▶ calls and events ──▶ closed
 */
import type { Device } from './device.js';

export interface Credentials {
  /** Token or password: the gateway takes either by this name. */
  readonly secret: string | undefined;
  /** Given to this device by the gateway before. */
  readonly deviceToken: string | undefined;
}

export type Facts = Readonly<Record<string, unknown>>;

export interface Hello extends Facts {
  readonly server: { readonly version: string };
  readonly snapshot: {
    readonly sessionDefaults: { readonly mainSessionKey: string };
    readonly health: Facts;
  };
  readonly auth: { readonly deviceToken?: string };
  readonly policy: { readonly tickIntervalMs: number };
}

export interface Connection {
  readonly hello: Hello;
  call(method: string, params: Facts): Promise<Facts>;
  close(): void;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly device: Device;
  readonly credentials: Credentials;
  readonly version: string;
  event(name: string, payload: Facts): void;
  /** It had been open. */
  closed(reason: string): void;
}

/** What the gateway says beside its message (protocol.md §9.4, §11.3). */
interface Details {
  readonly code?: string;
  readonly remediationHint?: string;
}

/** The gateway said no. */
export class Refused extends Error {
  readonly details: Details;

  constructor(message: string, details: Details) {
    super(message);
    this.name = 'Refused';
    this.details = details;
  }
}

interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly ok?: boolean;
  readonly event?: string;
  readonly payload?: Facts;
  readonly error?: { readonly message: string; readonly details?: Details };
}

const client = { id: 'pllan-control-ui', platform: 'web', mode: 'webchat' };
/** Intervals without a tick after which a gateway counts as gone (protocol.md §14.3). */
const SILENT_TICKS = 2;
const role = 'operator';
const scopes = ['operator.read', 'operator.write'];

/** @throws Refused, or an error when there is nobody */
export function connect(options: ConnectionOptions): Promise<Connection> {
  const socket = new WebSocket(options.url);
  const waiting = new Map<string, { resolve(payload: Facts): void; reject(error: Error): void }>();
  let lastId = 0;
  const call = (method: string, params: Facts): Promise<Facts> =>
    new Promise((resolve, reject) => {
      // What is sent on a closed socket is dropped without a word.
      if (socket.readyState !== socket.OPEN) throw new Error('There is no connection.');
      const id = String((lastId += 1));
      waiting.set(id, { resolve, reject });
      socket.send(JSON.stringify({ type: 'req', id, method, params }));
    });
  return new Promise((resolve, reject) => {
    let open = false;
    let silenceMs = 0;
    let silence: ReturnType<typeof setTimeout> | undefined;
    const ended = (reason: string): void => {
      clearTimeout(silence);
      const error = new Error(reason || 'The gateway does not answer.');
      for (const asked of waiting.values()) asked.reject(error);
      waiting.clear();
      reject(error);
      if (open) options.closed(error.message);
      open = false;
    };
    const expectSign = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        socket.close(4000, 'tick timeout');
        // Who does not answer does not answer to that either.
        ended('');
      }, silenceMs);
    };
    const greet = async ({ nonce, ts }: Facts): Promise<void> => {
      const params = await connectParams(options, String(nonce), Number(ts));
      const hello = (await call('connect', params)) as Hello;
      open = true;
      silenceMs = hello.policy.tickIntervalMs * SILENT_TICKS;
      expectSign();
      resolve({ hello, call, close: () => socket.close(1000) });
    };
    socket.addEventListener('message', ({ data }) => {
      if (open) expectSign();
      const frame = JSON.parse(String(data)) as Frame;
      const { payload = {} } = frame;
      if (frame.type === 'event' && frame.event === 'connect.challenge') greet(payload).catch(reject);
      else if (frame.type === 'event' && open) options.event(frame.event ?? '', payload);
      else if (frame.type === 'res') {
        const asked = waiting.get(frame.id ?? '');
        waiting.delete(frame.id ?? '');
        if (frame.ok) asked?.resolve(payload);
        else asked?.reject(new Refused(frame.error?.message ?? 'refused', frame.error?.details ?? {}));
      }
    });
    socket.addEventListener('close', ({ reason }) => ended(reason));
  });
}

async function connectParams(
  { device, credentials, version }: ConnectionOptions,
  nonce: string,
  signedAt: number,
): Promise<Facts> {
  const { secret, deviceToken } = credentials;
  const auth = secret === undefined ? { ...(deviceToken && { deviceToken }) } : { token: secret };
  const token = secret ?? deviceToken ?? '';
  const asked = `${client.id}|${client.mode}|${role}|${scopes.join(',')}`;
  const signed = `v3|${device.id}|${asked}|${signedAt}|${token}|${nonce}|${client.platform}|`;
  return {
    minProtocol: 4,
    maxProtocol: 4,
    client: { ...client, version },
    role,
    scopes,
    auth,
    device: {
      id: device.id,
      publicKey: device.publicKey,
      signature: await device.sign(signed),
      signedAt,
      nonce,
    },
  };
}
