/** Requests after the handshake: role → scope → method → params → one answer (protocol.md §7). */
import { encodeErrorResponse, encodeResponse, type ErrorShape } from '../../shared/protocol/frames.js';
import { storeLimits } from '../../shared/limits.js';
import { logLimits } from '../../shared/log/limits.js';
import { RefusedWrite } from '../../shared/refused-write.js';
import { hasScope } from '../../shared/protocol/scopes.js';
import { toError } from '../../shared/to-error.js';
import type { Logger } from '../../shared/log/logger.js';
import type { Redactor } from '../../shared/log/redact.js';
import { UnwritableStore } from '../store/store.js';
import type { Connection } from './connection.js';
import { missingScope, RpcError, shownPath, type Method } from './methods/method.js';
import type { ReadRequest } from './read-request.js';
import type { WriteLimit } from './write-limit.js';
import type { WsLog } from './ws-log.js';

export interface DispatchOptions {
  readonly methods: ReadonlyMap<string, Method>;
  readonly writeLimit: WriteLimit;
  readonly log: Logger;
  readonly wsLog: WsLog;
  readonly redactor: Pick<Redactor, 'text' | 'exact' | 'exactIn'>;
  answered(method: string, outcome: 'ok' | 'error', ms: number): void;
}

/** Answers one request. Never throws; the socket stays open whatever was in it. */
export function dispatch(request: ReadRequest, connection: Connection, options: DispatchOptions): void {
  const { redactor, wsLog } = options;
  const refuse = (error: ErrorShape, payload?: string): void => {
    const shown = redactor.exactIn(error) as ErrorShape;
    connection.send(encodeErrorResponse(request.id, shown, payload && redactor.exact(payload)));
  };
  if (!request.ok) {
    refuse(request.error);
    wsLog.answered({ method: 'unreadable', id: request.id, conn: connection.id }, 0, request.error);
    return;
  }
  const call = { method: request.method, id: request.id, conn: connection.id };
  wsLog.asked(call);
  const judged = judge(request, connection, options);
  if ('refused' in judged) {
    refuse(judged.refused);
    options.answered(options.methods.has(request.method) ? request.method : 'unknown', 'error', 0);
    wsLog.answered(call, 0, judged.refused);
    return;
  }
  const { method, params } = judged;
  const startedAt = performance.now();
  const succeed = (payload: string): void => {
    connection.send(encodeResponse(request.id, payload));
    const ms = performance.now() - startedAt;
    options.answered(method.name, 'ok', ms);
    wsLog.answered(call, ms);
  };
  const fail = (caught: unknown): void => {
    const { message, ...shape } = shapeOf(caught, connection);
    const text = redactor.text(message, logLimits.messageChars);
    refuse({ ...shape, message: text }, caught instanceof RpcError ? caught.payload : undefined);
    const ms = performance.now() - startedAt;
    options.answered(method.name, 'error', ms);
    if (isExpected(caught)) wsLog.answered(call, ms, shapeOf(caught, connection));
    else
      options.log.error('ws.handler', `${method.name}: ${toError(caught).message}`, {
        stack: toError(caught).stack,
      });
  };
  try {
    const answer = method.answer(params, connection, (late) => {
      if (late.ok) connection.send(encodeResponse(request.id, late.payload));
      else refuse(late.error, late.payload);
    });
    if (typeof answer === 'string') succeed(answer);
    else void answer.then(succeed, fail);
  } catch (caught) {
    fail(caught);
  }
}

type Judged = { readonly method: Method; readonly params: unknown } | { readonly refused: ErrorShape };

function judge(
  { method: name, params }: Extract<ReadRequest, { ok: true }>,
  connection: Connection,
  { methods, writeLimit }: DispatchOptions,
): Judged {
  const { scopes = new Set<string>(), role = 'operator' } = connection.session ?? {};
  if (name === 'connect') return invalid('connect is only valid as the first request');
  const method = methods.get(name);
  if ((role === 'node') !== (method?.role === 'node')) {
    connection.calledOutOfRole();
    return invalid(`unauthorized role: ${role}`);
  }
  // A name nobody knows needs admin, so that strangers cannot list methods by trying.
  const required = method ? method.scope : 'operator.admin';
  if (required !== null && !hasScope(scopes, required)) {
    return { refused: missingScope(required) };
  }
  const limited = method?.writeLimited && writeLimit.admit(method.name, connection);
  if (limited) return { refused: limited };
  if (!method || !params) return invalid(`unknown method: ${name}`);
  if (!params.ok) return invalid(`invalid ${name} params: ${params.problems}`);
  return { method, params: params.value };
}

function invalid(message: string): Judged {
  return { refused: { code: 'INVALID_REQUEST', message } };
}

/** What the disk takes no more is said once, by those who watch it. */
function isExpected(caught: unknown): boolean {
  return caught instanceof RpcError || caught instanceof UnwritableStore || caught instanceof RefusedWrite;
}

function shapeOf(caught: unknown, connection: Connection): ErrorShape {
  if (caught instanceof RpcError) return caught.shape;
  if (caught instanceof UnwritableStore) {
    const { retryAfterMs } = storeLimits;
    return { code: 'UNAVAILABLE', message: caught.message, retryable: true, retryAfterMs };
  }
  if (caught instanceof RefusedWrite) {
    const message = caught.textWith(shownPath(caught.path, connection));
    return { code: 'UNAVAILABLE', message, retryable: true };
  }
  return { code: 'UNAVAILABLE', message: toError(caught).message };
}
