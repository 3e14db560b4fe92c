/**
 * `POST /channels/{channel}/{accountId}`: what a chat network sends. Order of checks:
 *
 *   the account ──▶ POST ──▶ not locked out ──▶ JSON ──▶ its headers ──▶ the body ──▶ its proof ──▶ the account takes it
 *
 * Whoever cannot prove where a request comes from is not told why. 200 says that the message is on disk.
 */
import {
  channelRequestLimits,
  type ChannelResponse,
  type RequestProof,
} from '../../../shared/channels/requests.js';
import { ApiError } from '../../../shared/errors/api-error.js';
import { toError } from '../../../shared/to-error.js';
import { dropBody, readBody } from '../body.js';
import { requestCheck, type BodyCheck } from '../channels/request-check.js';
import type { CountedClient } from '../counted-clients.js';
import type { Exchange } from '../exchange.js';
import type { Route, RouteServices } from './route.js';

interface Door {
  readonly channel: string;
  readonly accountId: string;
  readonly proof: RequestProof;
}

export const channels: Route = {
  name: '/channels/{channel}/{accountId}',
  methods: [],
  auth: 'own',
  handle(exchange, services) {
    const door = doorOf(exchange, services);
    if (!door) exchange.sendText(404, 'Not Found');
    else if (exchange.request.method !== 'POST')
      exchange.sendText(405, 'Method Not Allowed', ['Allow', 'POST']);
    else begin(exchange, services, door);
  },
};

/** The account that the path names, if it takes requests. */
function doorOf({ path }: Exchange, { snapshot }: RouteServices): Door | undefined {
  const [, , channel = '', accountId = ''] = path.split('/').map(decoded);
  if (channel.length + accountId.length > channelRequestLimits.nameChars) return undefined;
  const accounts = ownValue(snapshot.channelProofs, channel);
  const proof = accounts && ownValue(accounts, accountId);
  return proof && { channel, accountId, proof };
}

function begin(exchange: Exchange, services: RouteServices, door: Door): void {
  const client = services.channelClients(exchange);
  if (client.lockedMs > 0) return sendLocked(exchange, services, client.lockedMs);
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(exchange.request.headers['content-type'] ?? '')) {
    exchange.sendText(415, 'Unsupported Media Type');
    return;
  }
  const check = requestCheck(door.proof, exchange.request.headers, Date.now() / 1000);
  if (check) read(exchange, services, { ...door, client, check });
  else void refuse(exchange, services, client);
}

interface Checked extends Door {
  readonly client: CountedClient;
  readonly check: BodyCheck;
}

function read(exchange: Exchange, services: RouteServices, door: Checked): void {
  readBody(exchange.request, channelRequestLimits.bodyBytes, services.deadlines, (body) => {
    if (body instanceof ApiError) exchange.refuseBody(body, bodyOf(body.message.toLowerCase()));
    else
      void answer(
        exchange,
        services,
        door,
        typeof body === 'string' ? body : Buffer.from(body.buffer).toString('utf8'),
      );
  });
}

async function answer(
  exchange: Exchange,
  services: RouteServices,
  door: Checked,
  body: string,
): Promise<void> {
  const { channel, accountId, client, check } = door;
  if (!check.matches(body)) return refuse(exchange, services, client);
  const startedAt = performance.now();
  let given: ChannelResponse | 'unavailable' = 'unavailable';
  try {
    const lockedMs = await client.tried(true);
    if (lockedMs > 0) return sendLocked(exchange, services, lockedMs);
    given = await services.primary.ask(
      'channel-request',
      { channel, accountId, request: { headers: check.headers, body } },
      { timeoutMs: channelRequestLimits.acceptMs },
    );
  } catch (caught) {
    services.log.warn('channel.request', `${channel} ${accountId}: ${toError(caught).message}`);
  }
  if (given === 'unavailable') sendUnavailable(exchange);
  else if (given.body === undefined && given.status === 204) exchange.sendNothing();
  else exchange.sendJson(given.status, given.body ?? '{}');
  const failed = given === 'unavailable' || given.status >= 400;
  services.metrics.webhook({ channel, webhook: accountId }, failed, performance.now() - startedAt);
}

/** It did not prove where it comes from, which counts against its sender. */
async function refuse(exchange: Exchange, services: RouteServices, client: CountedClient): Promise<void> {
  try {
    const lockedMs = await client.tried(false);
    if (lockedMs > 0) {
      sendLocked(exchange, services, lockedMs);
    } else {
      services.metrics.authFailure('channel_signature');
      exchange.sendText(401, 'Unauthorized');
    }
  } catch (caught) {
    services.log.warn('http.auth-unasked', toError(caught).message);
    sendUnavailable(exchange);
  }
  dropBody(exchange.request);
}

function sendLocked(exchange: Exchange, { metrics }: RouteServices, lockedMs: number): void {
  metrics.authFailure('rate_limited');
  exchange.sendText(429, 'Too Many Requests', ['Retry-After', String(Math.ceil(lockedMs / 1000))]);
}

function sendUnavailable(exchange: Exchange): void {
  const retryAfter = String(channelRequestLimits.retryAfterSeconds);
  const error = new ApiError('serviceUnavailable', { retryAfter });
  exchange.sendError(error, bodyOf(error.message));
}

function bodyOf(error: string): string {
  return JSON.stringify({ ok: false, error });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
