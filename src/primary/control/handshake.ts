/**
 * Decides on the first frame of a socket, step by step in the order that clients rely on (protocol.md §4.3).
 * It says what to answer, the caller does it.
 */
import { checkOrigin, type OriginPolicy } from '../../shared/auth/origin.js';
import {
  canonicalClientId,
  closeCodes,
  isBrowserClient,
  MIN_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
  type CloseCode,
} from '../../shared/protocol/constants.js';
import type { DevicePublicKey } from '../../shared/protocol/device-identity.js';
import {
  connectParams,
  requestFrame,
  type ConnectParams,
  type ErrorShape,
} from '../../shared/protocol/frames.js';
import { covers } from '../../shared/protocol/scopes.js';
import { describeProblems } from '../../shared/schema.js';
import type { DeviceRegistry } from '../devices/device-registry.js';
import { skipsPairing, type DeviceRequest } from '../devices/pairing-rules.js';
import { verifyDevice } from '../devices/verify-device.js';
import type { Authenticated, Authenticator, AuthMethod, AuthVerdict } from './auth.js';
import { authError, type AuthReason } from './auth-errors.js';
import { pairingError } from './pairing-error.js';
import type { Remote, Role, Session, SessionDevice } from './connection.js';
import { parseMessage } from './read-request.js';
import { visibleEvents } from './visible-events.js';

export type HandshakeOutcome =
  | { readonly ok: true; readonly requestId: string; readonly session: Session }
  | { readonly ok: false; readonly refusal: Refusal };

export interface Refusal {
  /** The response before the close; absent where the frame did not even name a request. */
  readonly response: { readonly id: string; readonly error: ErrorShape } | undefined;
  readonly close: { readonly code: CloseCode; readonly reason: string };
  /** For the log line. */
  readonly cause: string;
  /** For the metric: one of few. */
  readonly kind: RefusalKind;
  readonly client: ConnectParams['client'] | undefined;
}

export type RefusalKind =
  | 'timeout'
  | 'internal'
  | 'unreadable'
  | 'too_many_frames'
  | 'invalid_frame'
  | 'not_connect'
  | 'invalid_params'
  | 'unavailable'
  | 'protocol'
  | 'role'
  | 'origin'
  | 'device_required'
  | 'device_identity'
  | 'pairing_required'
  | AuthReason;

export interface HandshakeContext {
  readonly authenticate: Authenticator;
  readonly devices: Pick<DeviceRegistry, 'admit'>;
  origins(): OriginPolicy;
  phase(): 'starting' | 'open' | 'draining';
}

/** Whose first message it is. */
export interface Stranger {
  readonly remote: Remote;
  /** Of its challenge. */
  readonly nonce: string;
}

export async function decideHandshake(
  firstMessage: Buffer,
  stranger: Stranger,
  context: HandshakeContext,
): Promise<HandshakeOutcome> {
  const frame = parseMessage(firstMessage);
  if (!requestFrame.is(frame)) {
    const close = { code: closeCodes.policy, reason: 'invalid request frame' };
    return {
      ok: false,
      refusal: { response: undefined, close, cause: close.reason, kind: 'invalid_frame', client: undefined },
    };
  }
  const attempt: Attempt = { id: frame.id, client: undefined };
  if (frame.method !== 'connect') {
    return reject(attempt, 'not_connect', invalid('invalid handshake: first request must be connect'));
  }
  const params = frame.params ?? {};
  if (!connectParams.is(params)) {
    const problems = describeProblems(connectParams.problems(params));
    return reject(attempt, 'invalid_params', invalid(`invalid connect params: ${problems}`));
  }
  return judge({ id: frame.id, client: params.client }, params, stranger, context);
}

/** Most clients have none: they share it. */
const noCaps: ReadonlySet<string> = new Set();

interface Attempt {
  readonly id: string;
  readonly client: ConnectParams['client'] | undefined;
}

async function judge(
  attempt: Attempt,
  params: ConnectParams,
  { remote, nonce }: Stranger,
  context: HandshakeContext,
): Promise<HandshakeOutcome> {
  const unavailable = notOpen(context.phase());
  if (unavailable)
    return reject(attempt, 'unavailable', unavailable.error, closeCodes.tryLater, unavailable.reason);

  const protocol = Math.min(params.maxProtocol, PROTOCOL_VERSION);
  if (protocol < MIN_PROTOCOL_VERSION || params.minProtocol > protocol) {
    return reject(attempt, 'protocol', protocolMismatch(params), closeCodes.protocolMismatch);
  }

  const role = params.role ?? 'operator';
  if (role !== 'operator' && role !== 'node') return reject(attempt, 'role', invalid('invalid role'));

  const origin = checkBrowserOrigin(params, remote, context.origins());
  if (origin) return reject(attempt, 'origin', origin);

  const verified = params.device && verifyDevice(params.device, params, nonce, Date.now());
  if (verified && !verified.ok) return reject(attempt, 'device_identity', verified.error);
  const device = verified?.device;
  const scopes = params.scopes ?? [];
  const verdict = await context.authenticate({
    auth: params.auth,
    remote,
    role,
    scopes,
    deviceId: device?.deviceId,
  });
  const entry = device
    ? await withDevice(requestOf(device, params, remote, role), verdict, context)
    : withoutDevice(role, params, remote, verdict);
  if ('error' in entry) {
    const { kind, error, closeReason, cause } = entry;
    return reject(attempt, kind, error, closeCodes.policy, closeReason, cause);
  }

  const granted = new Set(entry.granted);
  return {
    ok: true,
    requestId: attempt.id,
    session: {
      client: params.client,
      role,
      scopes: granted,
      caps: params.caps ? new Set(params.caps) : noCaps,
      authMethod: entry.method,
      device: entry.device,
      ...(role === 'node' && {
        node: { commands: params.commands ?? [], permissions: params.permissions },
      }),
      protocol,
      events: visibleEvents(granted, role),
    },
  };
}

function notOpen(phase: 'starting' | 'open' | 'draining'): { error: ErrorShape; reason: string } | undefined {
  if (phase === 'open') return undefined;
  if (phase === 'starting') {
    return {
      error: {
        code: 'UNAVAILABLE',
        message: 'gateway starting; retry shortly',
        details: { reason: 'startup-sidecars' },
        retryable: true,
        retryAfterMs: 500,
      },
      reason: 'gateway starting',
    };
  }
  return {
    error: {
      code: 'UNAVAILABLE',
      message: 'connect unavailable during gateway restart',
      retryable: true,
      retryAfterMs: 1000,
    },
    reason: 'gateway restart in progress',
  };
}

function protocolMismatch(params: ConnectParams): ErrorShape {
  return {
    ...invalid('protocol mismatch'),
    details: {
      code: 'PROTOCOL_MISMATCH',
      clientMinProtocol: params.minProtocol,
      clientMaxProtocol: params.maxProtocol,
      expectedProtocol: PROTOCOL_VERSION,
      minimumProbeProtocol: MIN_PROTOCOL_VERSION,
    },
  };
}

/** protocol.md §9.7: for requests with an `Origin`, and for clients that only browsers are. */
function checkBrowserOrigin(
  params: ConnectParams,
  remote: Remote,
  policy: OriginPolicy,
): ErrorShape | undefined {
  const { origin, host } = remote.headers;
  if (origin === undefined && !isBrowserClient(params.client.id)) return undefined;
  const verdict = checkOrigin({ origin, host, peer: remote.address }, policy);
  if (verdict.ok) return undefined;
  return {
    ...invalid(
      'origin not allowed (open the Control UI from the gateway host or allow it in gateway.controlUi.allowedOrigins)',
    ),
    details: { code: 'CONTROL_UI_ORIGIN_NOT_ALLOWED', reason: verdict.reason },
  };
}

type Entry =
  | {
      readonly granted: readonly string[];
      readonly method: AuthMethod;
      readonly device: SessionDevice | undefined;
    }
  | {
      readonly error: ErrorShape;
      readonly kind: RefusalKind;
      readonly closeReason?: string;
      /** Where the message says too little for the log. */
      readonly cause?: string;
    };

function requestOf(
  device: DevicePublicKey,
  params: ConnectParams,
  remote: Remote,
  role: Role,
): Omit<DeviceRequest, 'authMethod'> {
  return {
    deviceId: device.deviceId,
    publicKey: device.text,
    role,
    scopes: params.scopes ?? [],
    client: params.client,
    remoteIp: remote.address,
    directLoopback: remote.directLoopback,
    fromPage: remote.headers.origin !== undefined,
  };
}

/** protocol.md §11: a verified device is let in when its credentials do and it is approved. */
async function withDevice(
  asked: Omit<DeviceRequest, 'authMethod'>,
  verdict: AuthVerdict,
  { devices }: HandshakeContext,
): Promise<Entry> {
  if (!verdict.ok) return authRefusal(verdict, asked.client.id, asked.directLoopback);
  const { method } = verdict;
  const request: DeviceRequest = {
    ...asked,
    scopes: withinLimit(asked.scopes, verdict),
    authMethod: method,
  };
  const { deviceId, scopes } = request;
  if (skipsPairing(request)) return { granted: scopes, method, device: { deviceId, token: undefined } };
  const admission = await devices.admit(request);
  if (!admission.admitted) return { kind: 'pairing_required', ...pairingError(request, admission) };
  return { granted: scopes, method, device: { deviceId, token: admission.token } };
}

/** protocol.md §9.6, row by row: what a connection without a device identity may do. */
function withoutDevice(role: Role, params: ConnectParams, remote: Remote, verdict: AuthVerdict): Entry {
  const { id, mode } = params.client;
  if (role === 'node') {
    return {
      kind: 'device_required',
      error: {
        code: 'NOT_PAIRED',
        message: 'device identity required',
        details: { code: 'DEVICE_IDENTITY_REQUIRED' },
      },
    };
  }
  const controlUi = canonicalClientId(id) === 'pllan-control-ui';
  if (controlUi && !(verdict.ok && verdict.method === 'trusted-proxy')) {
    const message = 'control ui requires device identity (use HTTPS or localhost secure context)';
    return {
      kind: 'device_required',
      error: { ...invalid(message), details: { code: 'CONTROL_UI_DEVICE_IDENTITY_REQUIRED' } },
      ...(verdict.ok ? {} : { cause: `${message}; ${verdict.reason}` }),
    };
  }
  if (!verdict.ok) return authRefusal(verdict, id, remote.directLoopback);
  const { method } = verdict;
  const requested = withinLimit(params.scopes ?? [], verdict);
  if (controlUi || method === 'none') return { granted: requested, method, device: undefined };
  // The command line looks in mode `probe` before it speaks in mode `cli`; it is the same tool of the same owner.
  const ownTool =
    (id === 'cli' && (mode === 'cli' || mode === 'probe')) || (id === 'gateway-client' && mode === 'backend');
  const local = remote.directLoopback && remote.headers.origin === undefined;
  return { granted: ownTool && local ? requested : [], method, device: undefined };
}

function authRefusal(
  failure: Extract<AuthVerdict, { readonly ok: false }>,
  clientId: string,
  directLoopback: boolean,
): Entry {
  const error = authError(failure, { clientId, directLoopback });
  const cause = error.message === 'unauthorized' ? `unauthorized: ${failure.reason}` : error.message;
  return { kind: failure.reason, error, cause };
}

/** Of what was asked for, what whoever vouches for the client grants it. */
function withinLimit(asked: readonly string[], { scopes: most }: Authenticated): readonly string[] {
  return most === 'all' ? asked : asked.filter((scope) => covers(most, [scope]));
}

function invalid(message: string): ErrorShape {
  return { code: 'INVALID_REQUEST', message };
}

function reject(
  { id, client }: Attempt,
  kind: RefusalKind,
  error: ErrorShape,
  code: CloseCode = closeCodes.policy,
  reason: string = error.message,
  cause: string = error.message,
): HandshakeOutcome {
  return { ok: false, refusal: { response: { id, error }, close: { code, reason }, cause, kind, client } };
}
