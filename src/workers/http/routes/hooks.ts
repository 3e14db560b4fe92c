/**
 * Web hooks (http.md §11): everything below `hooks.path`. Their token is their own, and so is the order of checks:
 *
 *   no token in the URL ──▶ POST ──▶ not locked out, the token ──▶ a name ──▶ the body ──▶ wake, agent, or a mapping
 */
import { ApiError } from '../../../shared/errors/api-error.js';
import { toError } from '../../../shared/to-error.js';
import { dropBody, readBody, type Body } from '../body.js';
import type { Exchange } from '../exchange.js';
import { headerOf } from '../header.js';
import { acceptRun, acceptWake, HookRunError, type HookAnswer, type HookSource } from '../hooks/accept.js';
import { readRun, readWake, requireShortKey, type Fields } from '../hooks/fields.js';
import { credentialHeaders, type HookRefusal } from '../hooks/guard.js';
import { applyMapping, findMapping, hookName, type Incoming } from '../hooks/mapping.js';
import type { Hooks, Route, RouteServices } from './route.js';

type HookServices = RouteServices & { readonly hooks: Hooks };

export const hooks: Route = {
  name: '/hooks',
  methods: [],
  auth: 'own',
  handle(exchange, services) {
    const { request } = exchange;
    const { hooks } = services;
    if (!hooks) throw new Error('hooks are off');
    if (queryOf(exchange).has('token')) exchange.sendText(400, 'token must be sent in a header');
    else if (request.method !== 'POST') exchange.sendText(405, 'Method Not Allowed', ['Allow', 'POST']);
    else void guarded(exchange, { ...services, hooks });
  },
};

async function guarded(exchange: Exchange, services: HookServices): Promise<void> {
  const { log } = services;
  try {
    const refusal = await services.hooks.guard(exchange);
    if (refusal) refuse(exchange, refusal);
    else if (nameOf(exchange, services) === '') exchange.sendText(404, 'Not Found');
    else return read(exchange, services);
  } catch (caught) {
    log.warn('http.auth-unasked', toError(caught).message);
    sendError(exchange, new ApiError('serviceUnavailable', { retryAfter: '1' }));
  }
  if (!exchange.request.complete) dropBody(exchange.request);
}

function refuse(exchange: Exchange, refusal: HookRefusal): void {
  if (refusal.kind === 'unauthorized') exchange.sendText(401, 'Unauthorized');
  else exchange.sendText(429, 'Too Many Requests', ['Retry-After', String(refusal.retryAfterSeconds)]);
}

function read(exchange: Exchange, services: HookServices): void {
  const { maxBodyBytes } = services.hooks.setup;
  readBody(exchange.request, maxBodyBytes, services.deadlines, (body) => {
    if (body instanceof ApiError) exchange.refuseBody(body, bodyOf(body));
    else void answer(exchange, services, body);
  });
}

async function answer(exchange: Exchange, services: HookServices, body: Body): Promise<void> {
  const { log, metrics } = services;
  const startedAt = performance.now();
  const name = nameOf(exchange, services);
  const counted = name === 'wake' || name === 'agent' ? name : 'mapping';
  let failed = false;
  try {
    const text = typeof body === 'string' ? body : Buffer.from(body.buffer).toString('utf8');
    const done = await run(exchange, services, { name, text });
    if (done === 'unknown') exchange.sendText(404, 'Not Found');
    else if (done === null) exchange.sendNothing();
    else exchange.sendJson(200, JSON.stringify(done));
  } catch (caught) {
    failed = true;
    const error = toError(caught);
    const told =
      error instanceof ApiError ? error : new ApiError(counted === 'mapping' ? 'hookMapping' : 'internal');
    const cause = told.cause === undefined ? error : toError(told.cause);
    if (told.status >= 500 && !exchange.closed)
      log.warn(
        told.kind === 'hookMapping' ? 'hook.mapping' : 'hook.failed',
        `hook ${name}: ${cause.message}`,
      );
    sendError(exchange, told);
  }
  metrics.webhook({ channel: 'http', webhook: counted }, failed, performance.now() - startedAt);
}

interface Asked {
  readonly name: string;
  /** The body. */
  readonly text: string;
}

/** Null: nothing was to be done; `unknown`: there is no such hook. @throws ApiError; any other error is a mapping's */
async function run(
  exchange: Exchange,
  services: HookServices,
  { name, text }: Asked,
): Promise<HookAnswer | null | 'unknown'> {
  const payload = parsed(text);
  const key = headerOf(exchange, 'idempotency-key');
  requireShortKey(key);
  const { hooks, snapshot, primary } = services;
  const accepting = { setup: hooks.setup, snapshot, primary };
  const source: HookSource = { namer: 'request', trusted: false, path: name, body: text };
  const act = (action: string, fields: Fields, from: HookSource): Promise<HookAnswer> => {
    if (action === 'wake') return acceptWake(readWake(fields), from, accepting);
    return acceptRun(readRun({ ...fields, idempotencyKey: fields.idempotencyKey ?? key }), from, accepting);
  };
  if (name === 'wake' || name === 'agent') return act(name, payload, source);
  const incoming: Incoming = {
    payload,
    headers: headersOf(exchange),
    query: Object.fromEntries(queryOf(exchange)),
    url: exchange.request.url ?? '/',
    path: name,
    now: new Date().toISOString(),
  };
  const mapping = findMapping(hooks.setup.mappings, incoming);
  if (!mapping) return 'unknown';
  const gone = new AbortController();
  exchange.onAbort = () => gone.abort();
  const mapped = await applyMapping(mapping, incoming, hooks, gone.signal);
  if (!mapped) return null;
  return act(mapped.action, mapped.fields, { ...source, namer: 'mapping', trusted: mapped.trusted });
}

/** Nothing at all is an empty object. @throws ApiError 400 */
function parsed(text: string): Fields {
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    value = undefined; // it has no JSON value
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new ApiError('hookRequest', { message: 'invalid JSON: body must be an object' });
}

function sendError(exchange: Exchange, error: ApiError): void {
  exchange.sendError(error, bodyOf(error));
}

function bodyOf(error: ApiError): string {
  const runId = error instanceof HookRunError ? error.runId : undefined;
  const known = error.kind === 'payloadTooLarge' || error.kind === 'bodyTimeout';
  return JSON.stringify({ ok: false, error: known ? error.message.toLowerCase() : error.message, runId });
}

/** What stands below the path of all hooks. */
function nameOf({ path }: Exchange, { hooks }: HookServices): string {
  const rest = hookName(path.slice(hooks.setup.path.length));
  try {
    return decodeURIComponent(rest);
  } catch {
    return rest;
  }
}

function queryOf({ request: { url = '' } }: Exchange): URLSearchParams {
  const at = url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
}

function headersOf({ request: { headers } }: Exchange): Readonly<Record<string, string>> {
  const shown = Object.entries(headers).filter(([name]) => !credentialHeaders.has(name));
  return Object.fromEntries(shown.map(([name, value]) => [name, String(value)]));
}
