/**
 * Decides on the first frame of a socket, step by step in the order that clients rely on (protocol.md §4.3).
 * Pure: it says what to answer, the caller does it.
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
import { eventRules, type EventName, type EventRule } from '../../shared/protocol/events.js';
import {
  connectParams,
  requestFrame,
  type ConnectParams,
  type ErrorShape,
} from '../../shared/protocol/frames.js';
import { hasScope } from '../../shared/protocol/scopes.js';
import { describeProblems } from '../../shared/schema.js';
import { authError, type Authenticator, type AuthReason, type AuthVerdict } from './auth.js';
import type { Remote, Session } from './connection.js';
import { parseMessage } from './read-request.js';

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
  | 'unreadable'
  | 'invalid_frame'
  | 'not_connect'
  | 'invalid_params'
  | 'unavailable'
  | 'protocol'
  | 'role'
  | 'origin'
  | 'device_required'
  | AuthReason;

export interface HandshakeContext {
  readonly authenticate: Authenticator;
  readonly origins: OriginPolicy;
  phase(): 'starting' | 'open' | 'draining';
}

export function decideHandshake(
  firstMessage: Buffer,
  remote: Remote,
  context: HandshakeContext,
): HandshakeOutcome {
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
  return judge({ id: frame.id, client: params.client }, params, remote, context);
}

interface Attempt {
  readonly id: string;
  readonly client: ConnectParams['client'] | undefined;
}

function judge(
  attempt: Attempt,
  params: ConnectParams,
  remote: Remote,
  context: HandshakeContext,
): HandshakeOutcome {
  const unavailable = notOpen(context.phase());
  if (unavailable)
    return reject(attempt, 'unavailable', unavailable.error, closeCodes.tryLater, unavailable.reason);

  const protocol = Math.min(params.maxProtocol, PROTOCOL_VERSION);
  if (protocol < MIN_PROTOCOL_VERSION || params.minProtocol > protocol) {
    return reject(attempt, 'protocol', protocolMismatch(params), closeCodes.protocolMismatch);
  }

  const role = params.role ?? 'operator';
  if (role !== 'operator' && role !== 'node') return reject(attempt, 'role', invalid('invalid role'));

  const origin = checkBrowserOrigin(params, remote, context.origins);
  if (origin) return reject(attempt, 'origin', origin);

  const verdict = context.authenticate(params.auth);
  const scopes = withoutDevice(role, params, remote, verdict);
  if ('error' in scopes) return reject(attempt, scopes.kind, scopes.error);

  const granted = new Set(scopes.granted);
  return {
    ok: true,
    requestId: attempt.id,
    session: {
      client: params.client,
      role: 'operator',
      scopes: granted,
      caps: new Set(params.caps),
      authMethod: scopes.method,
      protocol,
      events: visibleEvents(granted),
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

type Scopes =
  | { readonly granted: readonly string[]; readonly method: 'none' | 'token' | 'password' }
  | { readonly error: ErrorShape; readonly kind: RefusalKind };

/** protocol.md §9.6, row by row: what a connection without a device identity may do. */
function withoutDevice(
  role: 'operator' | 'node',
  params: ConnectParams,
  remote: Remote,
  verdict: AuthVerdict,
): Scopes {
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
  if (canonicalClientId(id) === 'pllan-control-ui') {
    return {
      kind: 'device_required',
      error: {
        ...invalid('control ui requires device identity (use HTTPS or localhost secure context)'),
        details: { code: 'CONTROL_UI_DEVICE_IDENTITY_REQUIRED' },
      },
    };
  }
  if (!verdict.ok) {
    return {
      kind: verdict.reason,
      error: authError(verdict.reason, { clientId: id, directLoopback: remote.directLoopback }),
    };
  }
  const requested = params.scopes ?? [];
  if (verdict.method === 'none') return { granted: requested, method: 'none' };
  const ownTool = (id === 'cli' && mode === 'cli') || (id === 'gateway-client' && mode === 'backend');
  const local = remote.directLoopback && remote.headers.origin === undefined;
  return { granted: ownTool && local ? requested : [], method: verdict.method };
}

function visibleEvents(scopes: ReadonlySet<string>): ReadonlySet<EventName> {
  const rules = Object.entries(eventRules) as [EventName, EventRule][];
  return new Set(
    rules.filter(([, rule]) => rule.scope === null || hasScope(scopes, rule.scope)).map(([name]) => name),
  );
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
): HandshakeOutcome {
  return {
    ok: false,
    refusal: { response: { id, error }, close: { code, reason }, cause: error.message, kind, client },
  };
}
