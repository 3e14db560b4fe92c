/**
 * HTTP in a worker. It never listens: the primary hands it connections. Order of a request, the same for
 * every route (http.md §3): draining → route → method → auth → scope → handler.
 */
import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { httpAuthCheck, type HttpAuthCheck } from '../../shared/auth/http-auth.js';
import { createDeadlines } from '../../shared/deadlines.js';
import { ApiError, missingScopeBody } from '../../shared/errors/api-error.js';
import { httpErrors } from '../../shared/errors/catalogue.js';
import { securityHeaders } from '../../shared/http/headers.js';
import { isWebSocketUpgrade, refuseUpgrade } from '../../shared/http/upgrade.js';
import type { WorkerSnapshot } from '../../shared/ipc.js';
import { httpLimits, portLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { createTlsEnd, type TlsEnd, type TlsMaterial } from '../../shared/tls/tls-end.js';
import { toError } from '../../shared/to-error.js';
import type { ClientRuns } from '../client-runs.js';
import type { WorkerMetrics } from '../metrics.js';
import type { ApiPool } from '../pools/api-pool.js';
import type { PrimaryChannel } from '../primary-channel.js';
import type { SessionWatches } from '../session-watches.js';
import { monotonicMs } from '../threads/protocol.js';
import type { DirectCalls } from '../tools/direct-calls.js';
import { dropBody } from './body.js';
import { Exchange } from './exchange.js';
import { serveHalfClosedClients, type HalfClosedClients } from './half-closed.js';
import { createRouter } from './router.js';
import type { Route, RouteServices } from './routes/route.js';
import { tunnelUpgrade } from './tunnel.js';

export interface HttpServer {
  /** Takes over a connection; `head` is what the primary has read of it. */
  adopt(socket: Socket, head: Buffer): void;
  /** Every connection is TLS, and ends here with this certificate from now on. */
  useTls(material: TlsMaterial): void;
  /** From now on requests are refused; resolves when those under way are answered. */
  drain(): Promise<void>;
  readonly connections: number;
}

export interface HttpServerOptions {
  readonly snapshot: WorkerSnapshot;
  readonly pool: ApiPool;
  readonly clientRuns: ClientRuns;
  readonly sessions: SessionWatches;
  readonly tools: DirectCalls;
  readonly primary: Pick<PrimaryChannel, 'ask'>;
  readonly metrics: WorkerMetrics;
  readonly log: Logger;
  onConnectionClosed(): void;
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { snapshot, metrics, log } = options;
  const state: State = { draining: false, active: 0, connections: 0, idle: undefined };
  const draining = new AbortController();
  setMaxListeners(0, draining.signal);
  const services: RouteServices = {
    snapshot,
    pool: options.pool,
    clientRuns: options.clientRuns,
    sessions: options.sessions,
    tools: options.tools,
    primary: options.primary,
    draining: draining.signal,
    metrics,
    log,
    deadlines: createDeadlines(httpLimits.deadlineSweepMs),
  };
  const server = createServer({
    keepAliveTimeout: httpLimits.keepAliveMs,
    headersTimeout: portLimits.headerTimeoutMs,
    // The body has its own deadline, which can answer; this one only cuts.
    requestTimeout: 0,
    maxHeaderSize: portLimits.headerBytes,
    connectionsCheckingInterval: httpLimits.connectionsCheckMs,
  });
  const site: Site = {
    services,
    state,
    halfClosed: serveHalfClosedClients(server),
    route: createRouter(snapshot),
    authorize: httpAuthCheck(snapshot.auth),
    baseHeaders: securityHeaders(snapshot.strictTransportSecurity),
    drainHeaders: [...securityHeaders(snapshot.strictTransportSecurity), 'Connection', 'close'],
  };
  server.on('request', (request, response) => serve(site, request, response));
  server.on('upgrade', (request, socket, rest) => {
    if (isWebSocketUpgrade(request)) {
      metrics.tunnelled();
      tunnelUpgrade(request, socket, rest, snapshot.tunnel);
    } else {
      refuseUpgrade(server, request, socket, rest);
    }
  });
  // A server that never listens keeps no list of its connections, and its timeouts do nothing, without this.
  server.emit('listening');
  let tlsEnd: TlsEnd | undefined;
  const secured = (socket: TLSSocket): void => {
    socket.on('error', (error) => log.debug('http.socket', error.message));
    serveOn(server, site, socket);
  };
  return {
    useTls(material) {
      if (tlsEnd) tlsEnd.renew(material);
      else tlsEnd = createTlsEnd(material, { log, secured });
    },
    adopt(socket, head) {
      state.connections += 1;
      socket.once('close', () => {
        state.connections -= 1;
        options.onConnectionClosed();
      });
      socket.on('error', (error) => log.debug('http.socket', error.message));
      socket.setNoDelay(true);
      socket.setKeepAlive(true, httpLimits.tcpKeepAliveMs);
      // What a client says when it has said all, with TLS or without, is not yet its end (half-closed.ts).
      socket.allowHalfOpen = true;
      if (tlsEnd) {
        tlsEnd.adopt(socket, head);
      } else {
        socket.unshift(head);
        serveOn(server, site, socket);
      }
    },
    drain() {
      state.draining = true;
      draining.abort();
      return new Promise((resolve) => {
        if (state.active === 0) resolve();
        else state.idle = resolve;
      });
    },
    get connections() {
      return state.connections;
    },
  };
}

interface State {
  draining: boolean;
  /** Requests whose answer is not complete. */
  active: number;
  connections: number;
  idle: (() => void) | undefined;
}

interface Site {
  readonly services: RouteServices;
  readonly state: State;
  readonly halfClosed: HalfClosedClients;
  readonly route: (path: string) => Route | undefined;
  readonly authorize: HttpAuthCheck;
  readonly baseHeaders: readonly string[];
  readonly drainHeaders: readonly string[];
}

function serveOn(server: Server, site: Site, socket: Socket): void {
  site.halfClosed.watch(socket);
  server.emit('connection', socket);
}

function serve(site: Site, request: IncomingMessage, response: ServerResponse): void {
  const startedAt = monotonicMs();
  const { state, services } = site;
  const exchange = new Exchange(request, response, state.draining ? site.drainHeaders : site.baseHeaders);
  const route = site.route(exchange.path);
  state.active += 1;
  site.halfClosed.began(exchange);
  response.once('close', () => {
    exchange.closed = true;
    exchange.onAbort?.();
    state.active -= 1;
    if (state.active === 0) state.idle?.();
    const { method = '' } = request;
    services.metrics.request(route?.name ?? 'none', method, response.statusCode, monotonicMs() - startedAt);
  });
  try {
    dispatch(site, exchange, route);
  } catch (caught) {
    const error = toError(caught);
    services.log.error('http.unexpected', `${request.method} ${route?.name}: ${error.message}`, {
      stack: error.stack,
    });
    if (response.headersSent) response.destroy();
    else exchange.sendText(500, 'Internal Server Error');
  }
  // Answered without its body: the next request on the connection must not wait for it.
  if (response.writableEnded && !request.complete) dropBody(request);
}

function dispatch(site: Site, exchange: Exchange, route: Route | undefined): void {
  const { request } = exchange;
  if (site.state.draining && route?.auth !== 'primary') {
    exchange.sendError(new ApiError('serviceUnavailable', { retryAfter: '1' }));
  } else if (!route) {
    exchange.sendText(404, 'Not Found');
  } else if (!route.methods.includes(request.method ?? '')) {
    exchange.sendText(405, 'Method Not Allowed', ['Allow', route.methods.join(', ')]);
  } else if (route.auth === 'primary') {
    route.handle(exchange, site.services);
  } else {
    const verdict = site.authorize(request.headers, exchange.peer, route.auth);
    if (verdict === 'ok') route.handle(exchange, site.services);
    else if (verdict === 'missing-scope') {
      exchange.sendJson(httpErrors.missingScope.status, missingScopeBody(route.auth));
    } else {
      site.services.metrics.authFailure(verdict);
      exchange.sendError(new ApiError(verdict === 'unauthorized' ? 'unauthorized' : 'forbiddenHost'));
    }
  }
}
