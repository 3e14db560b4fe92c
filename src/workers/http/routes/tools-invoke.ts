/**
 * `POST /tools/invoke` (http.md §9): one call of a tool without a model. With an idempotency key the primary is asked
 * first, and told the answer before the client is.
 */
import { createHash } from 'node:crypto';
import { ApiError, endpointErrorBody } from '../../../shared/errors/api-error.js';
import { httpErrors, type HttpErrorName } from '../../../shared/errors/catalogue.js';
import type { RecordedAnswer } from '../../../shared/keyed-request.js';
import { threadLimits } from '../../../shared/limits.js';
import { directCallLimits } from '../../../shared/tools/limits.js';
import { toError } from '../../../shared/to-error.js';
import { directCaller, directFailure } from '../../../shared/tools/direct-call.js';
import { encodeResult, type DirectToolCall } from '../../tools/direct-calls.js';
import { readBody, type Body } from '../body.js';
import { callerOf } from '../caller.js';
import type { Exchange } from '../exchange.js';
import { headerOf } from '../header.js';
import { readToolRequest, type ToolRequestFields } from '../tool-request.js';
import type { Route, RouteServices } from './route.js';

const NAME = '/tools/invoke';

export const toolsInvoke: Route = {
  name: NAME,
  methods: ['POST'],
  auth: 'operator.write',
  handle(exchange, services) {
    readBody(exchange.request, directCallLimits.bodyBytes, services.deadlines, (body) => {
      if (body instanceof ApiError) exchange.refuseBody(body);
      else
        void answer(exchange, services, body).catch((caught: unknown) => {
          services.log.error('tools.invoke', toError(caught).message, { stack: toError(caught).stack });
          refuse(exchange, 'toolFailed');
        });
    });
  },
};

async function answer(exchange: Exchange, services: RouteServices, body: Body): Promise<void> {
  const text = typeof body === 'string' ? body : Buffer.from(body.buffer).toString('utf8');
  const asked = readToolRequest(text);
  if (asked instanceof ApiError) {
    exchange.sendError(asked);
    return;
  }
  if ('problem' in asked) return refuse(exchange, 'toolRequest', asked.problem);
  const call = callOf(asked, services);
  if ('problem' in call) return refuse(exchange, 'toolRequest', call.problem);
  const key = asked.idempotencyKey ?? headerOf(exchange, 'idempotency-key');
  if (key === undefined) {
    send(exchange, await outcomeOf(exchange, services, call));
    return;
  }
  if (key.length > directCallLimits.keyChars)
    return refuse(
      exchange,
      'toolRequest',
      `idempotencyKey must have at most ${directCallLimits.keyChars} characters`,
    );
  await answerOnce(exchange, services, call, { key, text });
}

interface Keyed {
  readonly key: string;
  /** Of the body. */
  readonly text: string;
}

async function answerOnce(
  exchange: Exchange,
  services: RouteServices,
  call: DirectToolCall,
  { key, text }: Keyed,
): Promise<void> {
  const { primary, snapshot } = services;
  const within = { timeoutMs: directCallLimits.keyMs };
  const name = JSON.stringify([NAME, callerOf(exchange, snapshot.auth), key]);
  const bodyHash = createHash('sha256').update(text).digest('base64');
  const claim = await primary.ask('claim-key', { name, bodyHash }, within);
  switch (claim.claim) {
    case 'first': {
      // Whether or not its client is still there, the answer is kept: it may come again.
      const made = await outcomeOf(undefined, services, call);
      const answer = made.status === httpErrors.overloaded.status ? null : made;
      await primary.ask('settle-key', { name, answer }, within);
      return send(exchange, made);
    }
    case 'answered':
      return send(exchange, claim.answer);
    case 'in-progress':
      return refuse(exchange, 'idempotencyInProgress');
    case 'mismatch':
      return refuse(exchange, 'idempotencyMismatch');
    case 'full':
      return refuse(exchange, 'overloaded');
  }
}

function callOf(
  { name, args, action, sessionKey, agentId }: ToolRequestFields,
  { snapshot }: RouteServices,
): DirectToolCall | { readonly problem: string } {
  const { agents } = snapshot.routes;
  const caller = directCaller({ sessionKey, agentId }, snapshot.scheme, (id) => Object.hasOwn(agents, id));
  return 'problem' in caller ? caller : { caller, via: 'http', name, args, action };
}

/** @param exchange whose end ends the call */
async function outcomeOf(
  exchange: Exchange | undefined,
  { tools, runner }: RouteServices,
  call: DirectToolCall,
): Promise<RecordedAnswer> {
  const gone = new AbortController();
  if (exchange) exchange.onAbort = () => gone.abort();
  const outcome = await tools.call(runner, call, gone.signal);
  if (exchange) exchange.onAbort = undefined;
  if (outcome.status === 'ok') return { status: 200, body: `{"ok":true,"result":${encodeResult(outcome)}}` };
  const { error, message } = directFailure(outcome.kind, outcome.message);
  return { status: httpErrors[error].status, body: endpointErrorBody(error, message) };
}

function send(exchange: Exchange, { status, body }: RecordedAnswer): void {
  exchange.sendJson(status, body, status === httpErrors.overloaded.status ? RETRY : undefined);
}

function refuse(exchange: Exchange, error: HttpErrorName, message?: string): void {
  const { status, retryable } = httpErrors[error];
  exchange.sendJson(
    status,
    endpointErrorBody(error, message),
    retryable && status !== 500 ? RETRY : undefined,
  );
}

const RETRY = ['Retry-After', String(threadLimits.retryAfterSeconds)];
