/** A connected, authenticated gateway: the handshake of protocol.md §4 from the client's side. */
import { hostname } from 'node:os';
import { PROTOCOL_VERSION, type ClientMode } from '../../shared/protocol/constants.js';
import type { ConnectParams } from '../../shared/protocol/frames.js';
import type { Scope } from '../../shared/protocol/scopes.js';
import { VERSION } from '../../shared/version.js';
import { clientLimits } from '../limits.js';
import { isRecord } from '../record.js';
import type { Credentials } from './credentials.js';
import type { Deadline } from './deadline.js';
import { closedError, GatewayError } from './errors.js';
import { openWire, type Wire } from './wire.js';

/** What `hello-ok` says and commands use (protocol.md §12). */
export interface Hello {
  readonly version: string;
  readonly connId: string;
  /** Scopes that were granted, after reductions. */
  readonly scopes: readonly string[];
}

export interface GatewayClient {
  readonly hello: Hello;
  /**
   * Calls a method. `final`: waits past an answer that only says `accepted` (protocol.md §2.2).
   * @throws GatewayError
   */
  request(method: string, params: object, deadline: Deadline, final?: boolean): Promise<unknown>;
  close(): void;
}

export interface ClientOptions {
  readonly url: string;
  readonly credentials: Credentials;
  readonly client?: { readonly id: string; readonly mode: ClientMode };
}

const allScopes: readonly Scope[] = [
  'operator.admin',
  'operator.read',
  'operator.write',
  'operator.approvals',
  'operator.pairing',
];

/** Connects and authenticates. @throws GatewayError, with the gateway's own words where it gave any */
export async function connectGateway(options: ClientOptions, deadline: Deadline): Promise<GatewayClient> {
  const wire = openWire(options.url);
  try {
    await wire.greeting(deadline);
    const hello = await wire.call('connect', connectParams(options), deadline);
    return {
      hello: readHello(hello),
      request: (method, params, until, final) => wire.call(method, params, until, final),
      close: () => wire.close(),
    };
  } catch (caught) {
    const error = await withCloseCode(caught, wire);
    wire.close();
    throw error;
  }
}

function connectParams({ credentials, client = { id: 'cli', mode: 'cli' } }: ClientOptions): ConnectParams {
  const { token, password } = credentials;
  return {
    minProtocol: PROTOCOL_VERSION,
    maxProtocol: PROTOCOL_VERSION,
    client: { ...client, displayName: hostname() || 'cli', version: VERSION, platform: process.platform },
    role: 'operator',
    scopes: [...allScopes],
    ...(token === undefined && password === undefined
      ? {}
      : {
          auth: {
            ...(token === undefined ? {} : { token }),
            ...(password === undefined ? {} : { password }),
          },
        }),
    userAgent: `pllan-cli/${VERSION}`,
  };
}

/** A refused connect is answered first and closed right after: both belong into the error. */
async function withCloseCode(caught: unknown, wire: Wire): Promise<unknown> {
  if (!(caught instanceof GatewayError) || !caught.server) return caught;
  const close = await wire.closed(clientLimits.closeWaitMs);
  if (close) return closedError(close, caught.greeted, caught.server);
  return new GatewayError('response', `gateway connect failed: ${caught.message}`, caught.greeted, caught);
}

function readHello(payload: unknown): Hello {
  const { server, auth } = isRecord(payload) ? payload : {};
  const { version, connId } = isRecord(server) ? server : {};
  const scopes: unknown = isRecord(auth) ? auth.scopes : undefined;
  return {
    version: typeof version === 'string' ? version : 'unknown',
    connId: typeof connId === 'string' ? connId : '',
    scopes: Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : [],
  };
}
