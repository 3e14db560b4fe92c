/**
 * The primary's own HTTP server: probes, metrics and WebSocket upgrades. It never listens; connections come
 * from the listener and the tunnel. Plain answers close the connection, so no request for a worker can follow.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { isDirectLoopback } from '../../shared/auth/address.js';
import { refusalAnswer, type HttpGuard } from '../../shared/auth/http-guard.js';
import { apiErrorBody } from '../../shared/errors/api-error.js';
import { httpErrors } from '../../shared/errors/catalogue.js';
import { JSON_TYPE, securityHeaders, TEXT_TYPE } from '../../shared/http/headers.js';
import {
  isPrimaryPath,
  metricsPaths,
  pathOf,
  probePaths,
  withoutTrailingSlash,
} from '../../shared/http/primary-paths.js';
import { answerAndLinger, endAndLinger } from '../../shared/http/raw-answer.js';
import { answerUnreadable, badRequest } from '../../shared/http/unreadable.js';
import { isWebSocketUpgrade, refuseUpgrade } from '../../shared/http/upgrade.js';
import { httpLimits, portLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { toError } from '../../shared/to-error.js';
import type { Readiness } from '../health/readiness.js';
import type { Peer, Peers } from './peer.js';

/** What the config says of the primary's own paths. */
export interface OwnHttpRules {
  readonly guard: HttpGuard;
  readonly metrics: { readonly enabled: boolean; readonly open: boolean };
  readonly strictTransportSecurity: string | false | null;
}

export interface OwnHttpOptions {
  readonly rules: OwnHttpRules;
  readonly peers: Peers;
  readonly readiness: Readiness;
  scrape(): Promise<string>;
  readonly log: Logger;
  onWebSocket(request: IncomingMessage, socket: Duplex, rest: Buffer, peer: Peer): void;
}

export interface OwnHttp {
  adopt(socket: Duplex, head: Buffer, peer: Peer): void;
  /** For requests that begin from here on. */
  use(rules: OwnHttpRules): void;
  stop(): void;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: readonly string[];
}

const notFound: Answer = { status: 404, type: TEXT_TYPE, body: 'Not Found' };

/** Only without a worker does TLS end here, and whatever else is asked would be for one. */
const noWorker: Answer = {
  status: httpErrors.serviceUnavailable.status,
  type: JSON_TYPE,
  body: apiErrorBody('serviceUnavailable'),
  headers: ['Retry-After', '1'],
};

/** What it takes to see metrics and details of readiness. */
const NEEDS = 'operator.read';

export function createOwnHttp(options: OwnHttpOptions): OwnHttp {
  let { rules } = options;
  const server: Server = createServer({
    headersTimeout: portLimits.headerTimeoutMs,
    requestTimeout: httpLimits.bodyTimeoutMs,
    maxHeaderSize: portLimits.headerBytes,
    connectionsCheckingInterval: httpLimits.connectionsCheckMs,
    requireHostHeader: false, // it is, in our words
  });
  /** Whose answer will close them: what was sent behind their request is not served. */
  const closing = new WeakSet<Duplex>();
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    if (closing.has(request.socket)) return;
    closing.add(request.socket);
    void respond(options, rules, request, response);
  };
  server.on('request', onRequest).on('checkExpectation', onRequest);
  answerUnreadable(server, (socket, answer) => {
    if (!closing.has(socket)) answerAndLinger(socket, answer);
  });
  server.on('upgrade', (request, socket, rest) => {
    if (closing.has(socket)) return;
    if (isWebSocketUpgrade(request)) options.onWebSocket(request, socket, rest, options.peers.get(socket));
    else refuseUpgrade(server, request, socket, rest);
  });
  server.emit('listening'); // starts the tracking that timeouts need, without a port
  return {
    adopt(socket, head, peer) {
      options.peers.set(socket, peer);
      if (head.length > 0) socket.unshift(head);
      server.emit('connection', socket);
    },
    use: (next) => void (rules = next),
    stop() {
      server.close(); // ends the tracking, too
      server.closeAllConnections();
    },
  };
}

/** Never throws: an answer that cannot even be written costs its connection, not the process. */
async function respond(
  options: OwnHttpOptions,
  rules: OwnHttpRules,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const report = (caught: unknown): void => {
    options.log.error('http.unexpected', `${request.url}: ${toError(caught).message}`);
  };
  try {
    const answer = await decide(options, rules, request).catch((caught: unknown): Answer => {
      report(caught);
      return { status: 500, type: TEXT_TYPE, body: 'Internal Server Error' };
    });
    response.writeHead(answer.status, [
      'Content-Type',
      answer.type,
      'Content-Length',
      String(Buffer.byteLength(answer.body)),
      'Connection',
      'close',
      ...securityHeaders(rules.strictTransportSecurity),
      ...(answer.headers ?? []),
    ]);
    // Not ended for Node, which would close the socket at once, whatever is still arriving on it.
    if (request.method === 'HEAD') response.flushHeaders();
    else response.write(answer.body);
    endAndLinger(request.socket);
  } catch (caught) {
    report(caught);
    response.destroy();
  }
}

async function decide(
  options: OwnHttpOptions,
  { guard, metrics }: OwnHttpRules,
  request: IncomingMessage,
): Promise<Answer> {
  if (request.headers.host === undefined && request.httpVersion !== '1.0') return badRequest;
  const path = withoutTrailingSlash(pathOf(request.url ?? '/'));
  const probe = (probePaths as Readonly<Record<string, 'live' | 'ready' | 'startup' | undefined>>)[path];
  const isMetrics = metricsPaths.includes(path) && metrics.enabled;
  const peer = options.peers.get(request.socket);
  if (!probe && !isMetrics) return peer.tls && !isPrimaryPath(path) ? noWorker : notFound;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, type: TEXT_TYPE, body: 'Method Not Allowed', headers: ['Allow', 'GET, HEAD'] };
  }
  const { headers } = request;
  const refusal = async (optional: boolean) =>
    guard({ headers, peer: peer.address, required: NEEDS, optional });
  if (isMetrics) {
    const refused = metrics.open ? undefined : await refusal(false);
    if (refused) return { type: JSON_TYPE, ...refusalAnswer(refused, NEEDS) };
    return {
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: await options.scrape(),
    };
  }
  const isTrusted = async (): Promise<boolean> =>
    isDirectLoopback({ peer: peer.address, headers }) || (await refusal(true)) === undefined;
  return probeAnswer(options.readiness, probe, isTrusted);
}

/** http.md §2; details only for callers who may see them. */
async function probeAnswer(
  readiness: Readiness,
  probe: 'live' | 'ready' | 'startup' | undefined,
  trusted: () => Promise<boolean>,
): Promise<Answer> {
  const json = (status: number, body: object): Answer => ({
    status,
    type: JSON_TYPE,
    body: JSON.stringify(body),
    headers: ['Cache-Control', 'no-store'],
  });
  if (probe === 'live') return json(200, { ok: true, status: 'live' });
  const state = readiness.evaluate();
  if (probe === 'startup') {
    const ok = state.phase === 'started';
    return json(ok ? 200 : 503, { ok, status: state.phase });
  }
  const ready = state.failing.length === 0;
  if (!(await trusted())) return json(ready ? 200 : 503, { ready });
  return json(ready ? 200 : 503, {
    ready,
    failing: state.failing,
    uptimeMs: state.uptimeMs,
    eventLoop: state.eventLoop,
  });
}
