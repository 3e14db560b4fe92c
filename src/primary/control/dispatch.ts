/** Requests after the handshake: frame → scope → method → params → one answer (protocol.md §7). */
import { requestLimits } from '../../shared/limits.js';
import {
  encodeErrorResponse,
  encodeResponse,
  requestFrame,
  type ErrorShape,
  type RequestFrame,
} from '../../shared/protocol/frames.js';
import { hasScope } from '../../shared/protocol/scopes.js';
import { describeProblems } from '../../shared/schema.js';
import { toError } from '../../shared/to-error.js';
import type { Logger } from '../../shared/log/logger.js';
import type { Connection } from './connection.js';
import { RpcError, type Method } from './methods/method.js';

export interface DispatchOptions {
  readonly methods: ReadonlyMap<string, Method>;
  readonly log: Logger;
  answered(method: string, outcome: 'ok' | 'error', ms: number): void;
}

/** A call that takes this long is worth a log line (operations.md §6). */
const SLOW_MS = 50;

/** Handles one message. Never throws; the socket stays open whatever was in it. */
export function dispatch(text: string, connection: Connection, options: DispatchOptions): void {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    frame = undefined; // not JSON: answered below as an invalid frame
  }
  if (!requestFrame.is(frame)) {
    const problems = describeProblems(requestFrame.problems(frame));
    const error: ErrorShape = {
      code: 'INVALID_REQUEST',
      message: `invalid request frame: ${problems || 'not JSON'}`,
    };
    connection.send(encodeErrorResponse(idOf(frame), error));
    return;
  }
  const refused = refusal(frame, connection, options.methods);
  if (refused) {
    connection.send(encodeErrorResponse(frame.id, refused));
    options.answered(options.methods.has(frame.method) ? frame.method : 'unknown', 'error', 0);
    return;
  }
  const method = options.methods.get(frame.method) as Method;
  const startedAt = performance.now();
  const succeed = (payload: string): void => {
    connection.send(encodeResponse(frame.id, payload));
    const ms = performance.now() - startedAt;
    options.answered(method.name, 'ok', ms);
    if (ms >= SLOW_MS)
      options.log.info('ws.slow-call', `${method.name} took ${Math.round(ms)} ms`, { conn: connection.id });
  };
  const fail = (caught: unknown): void => {
    connection.send(encodeErrorResponse(frame.id, shapeOf(caught)));
    options.answered(method.name, 'error', performance.now() - startedAt);
    if (!(caught instanceof RpcError))
      options.log.error('ws.handler', `${method.name}: ${toError(caught).message}`, {
        stack: toError(caught).stack,
      });
  };
  try {
    const answer = method.answer(frame.params ?? {}, connection);
    if (typeof answer === 'string') succeed(answer);
    else void answer.then(succeed, fail);
  } catch (caught) {
    fail(caught);
  }
}

function refusal(
  frame: RequestFrame,
  connection: Connection,
  methods: ReadonlyMap<string, Method>,
): ErrorShape | undefined {
  const scopes = connection.session?.scopes ?? new Set<string>();
  if (frame.method === 'connect')
    return { code: 'INVALID_REQUEST', message: 'connect is only valid as the first request' };
  const method = methods.get(frame.method);
  // A name nobody knows needs admin, so that strangers cannot list methods by trying.
  const required = method ? method.scope : 'operator.admin';
  if (required !== null && !hasScope(scopes, required)) {
    return {
      code: 'FORBIDDEN',
      message: `missing scope: ${required}`,
      details: { code: 'MISSING_SCOPE', missingScope: required, requiredScopes: [required] },
    };
  }
  if (!method) return { code: 'INVALID_REQUEST', message: `unknown method: ${frame.method}` };
  const params = frame.params ?? {};
  // To a schema an array is an object without the keys it asks for.
  if (Array.isArray(params))
    return { code: 'INVALID_REQUEST', message: `invalid ${method.name} params: at root: must be object` };
  if (method.params.is(params)) return undefined;
  return {
    code: 'INVALID_REQUEST',
    message: `invalid ${method.name} params: ${describeProblems(method.params.problems(params))}`,
  };
}

/** The id to answer to; one that is too long to be an id is not sent back either. */
function idOf(frame: unknown): string {
  const id = (frame as { id?: unknown } | null | undefined)?.id;
  return typeof id === 'string' && id.length <= requestLimits.textChars ? id : 'invalid';
}

function shapeOf(caught: unknown): ErrorShape {
  if (caught instanceof RpcError) return caught.shape;
  return { code: 'UNAVAILABLE', message: toError(caught).message };
}
