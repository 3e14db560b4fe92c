/**
 * A connected, authenticated gateway: the handshake of protocol.md §4 from the client's side.
 *
 *   a secret is known ──▶ secret ──refused, the device's own token may do──▶ own token, once
 *   none is known ──────▶ own token, or nothing
 */
import { covers } from '../../shared/protocol/scopes.js';
import { clientLimits } from '../limits.js';
import { plainText } from '../output/plain-text.js';
import { numberOf, recordOf, textOf, textsOf, type Facts } from '../record.js';
import { connectParams } from './connect-params.js';
import type { Credentials, OwnTokenUse } from './credentials.js';
import type { Deadline } from './deadline.js';
import type { Device } from './device/device.js';
import { closedError, GatewayError } from './errors.js';
import { cliClient, ROLE, type ClientKind } from './kinds.js';
import type { TlsTrust } from './tls-trust.js';
import { openWire, type Final, type Wire } from './wire.js';

/** What `hello-ok` says and commands use (protocol.md §12). */
export interface Hello {
  readonly version: string;
  readonly connId: string;
  /** Changes with every start of the gateway; undefined when it does not say. */
  readonly bootId: string | undefined;
  /** Scopes that were granted, after reductions. */
  readonly scopes: readonly string[];
  /** How often it gives a sign of life; undefined when it does not say. */
  readonly tickIntervalMs: number | undefined;
  /** Methods that it has; empty when it does not say. */
  readonly methods: readonly string[];
  /** The gateway as it was at that moment. */
  readonly snapshot: Facts;
}

export interface GatewayClient {
  readonly hello: Hello;
  /** Calls a method. @throws GatewayError */
  request(method: string, params: object, deadline: Deadline, final?: Final): Promise<unknown>;
  close(): void;
}

export interface ClientOptions {
  readonly url: string;
  /** Beside what the system trusts, for wss. */
  readonly trust?: TlsTrust | undefined;
  readonly credentials: Credentials;
  /** As whom it connects; the command line itself unless given. */
  readonly kind?: ClientKind;
  /** Without one the gateway is asked by nobody in particular (protocol.md §9.6). */
  readonly device?: Device | undefined;
  /** Ignored unless given. */
  readonly ownToken?: OwnTokenUse;
}

/** Connects and authenticates. @throws GatewayError, with the gateway's own words where it gave any */
export async function connectGateway(options: ClientOptions, deadline: Deadline): Promise<GatewayClient> {
  const { credentials, device, ownToken } = options;
  const knowsSecret = credentials.token !== undefined || credentials.password !== undefined;
  const mayUseOwn = ownToken === 'used';
  try {
    return await attempt(options, deadline, !knowsSecret && mayUseOwn);
  } catch (caught) {
    const again = knowsSecret && mayUseOwn && invitesDeviceToken(caught) && device?.token(ROLE) !== undefined;
    if (!again) throw caught;
    try {
      return await attempt(options, deadline, true);
    } catch (second) {
      throw refusesDeviceToken(second) ? caught : second; // the secret is what has to be mended
    }
  }
}

async function attempt(
  options: ClientOptions,
  deadline: Deadline,
  byOwnToken: boolean,
): Promise<GatewayClient> {
  const { credentials, device, kind = cliClient, ownToken = 'ignored' } = options;
  const wire = openWire(options.url, options.trust);
  let shown: string | undefined;
  try {
    const challenge = await wire.greeting(deadline);
    const identity = challenge && device?.identity();
    const own = identity && byOwnToken ? device?.token(ROLE) : undefined;
    shown = own?.token;
    const params = connectParams({
      kind,
      identity,
      challenge,
      auth: own ? { deviceToken: own.token } : credentials,
      // More than a token allows would be refused whole.
      scopes: own ? kind.scopes.filter((scope) => covers(new Set(own.scopes), [scope])) : kind.scopes,
    });
    const answer = await wire.call('connect', params, deadline);
    const hello = readHello(answer);
    const { tickIntervalMs = 0 } = hello;
    if (tickIntervalMs > 0)
      wire.expectSigns(Math.min(tickIntervalMs * clientLimits.silentTicks, clientLimits.maxTimeoutMs));
    const token = issuedToken(answer);
    if (token !== undefined && kind.keepsToken && ownToken !== 'ignored')
      device?.remember({ token, role: ROLE, scopes: hello.scopes });
    return {
      hello,
      request: (method, params, until, final) => wire.call(method, params, until, final),
      close: () => wire.close(),
    };
  } catch (caught) {
    const error = await withCloseCode(caught, wire);
    wire.close();
    if (shown !== undefined && refusesDeviceToken(error)) device?.forget(ROLE, shown);
    throw error;
  }
}

/** protocol.md §9.4: this device may have a token that still works. */
function invitesDeviceToken(caught: unknown): boolean {
  const { code, canRetryWithDeviceToken } = detailsOf(caught);
  return code === 'AUTH_TOKEN_MISMATCH' && canRetryWithDeviceToken === true;
}

function refusesDeviceToken(caught: unknown): boolean {
  const { code } = detailsOf(caught);
  return code === 'AUTH_DEVICE_TOKEN_MISMATCH' || code === 'AUTH_SCOPE_MISMATCH';
}

function detailsOf(caught: unknown): Facts {
  const details = caught instanceof GatewayError ? caught.server?.details : undefined;
  return recordOf(details);
}

/** A refused connect is answered first and closed right after: both belong into the error. */
async function withCloseCode(caught: unknown, wire: Wire): Promise<unknown> {
  if (!(caught instanceof GatewayError) || !caught.server) return caught;
  const close = await wire.closed(clientLimits.closeWaitMs);
  const error = close ? closedError(close, caught.greeted, caught.server) : caught;
  return new GatewayError(error.failure, `gateway connect failed: ${error.message}`, error.greeted, error);
}

function readHello(payload: unknown): Hello {
  const { server, auth, policy, features, snapshot } = recordOf(payload);
  const { version, connId, bootId } = recordOf(server);
  return {
    version: plainText(textOf(version) ?? 'unknown'),
    connId: textOf(connId) ?? '',
    bootId: textOf(bootId),
    scopes: textsOf(recordOf(auth).scopes),
    tickIntervalMs: numberOf(recordOf(policy).tickIntervalMs),
    methods: textsOf(recordOf(features).methods),
    snapshot: recordOf(snapshot),
  };
}

function issuedToken(payload: unknown): string | undefined {
  return textOf(recordOf(recordOf(payload).auth).deviceToken);
}
