/**
 * HTTP in a worker. It never listens: the primary hands it connections. Order of a request, the same for
 * every route (http.md §3): draining → route → method → auth → scope → handler.
 */
import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { refusalAnswer, type GuardRefusal } from '../../shared/auth/http-guard.js';
import { countedSecrets, type CountedSecret } from '../../shared/auth/auth-client.js';
import { createDeadlines } from '../../shared/deadlines.js';
import { ApiError } from '../../shared/errors/api-error.js';
import { answerAndLinger, endAndLinger, type RawAnswer } from '../../shared/http/raw-answer.js';
import { answerUnreadable, badRequest } from '../../shared/http/unreadable.js';
import { isWebSocketUpgrade, refuseUpgrade } from '../../shared/http/upgrade.js';
import { httpLimits, portLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import type { Redactor } from '../../shared/log/redact.js';
import { createTlsEnd, type TlsEnd, type TlsMaterial } from '../../shared/tls/tls-end.js';
import type { Scope } from '../../shared/protocol/scopes.js';
import { toError } from '../../shared/to-error.js';
import type { ClientRuns } from '../client-runs.js';
import type { ConfigVersion } from '../config-version.js';
import type { WorkerMetrics } from '../metrics.js';
import type { ToolPool } from '../pools/tool-pool.js';
import { createOpenCount, type OpenCount } from '../open-count.js';
import type { PrimaryChannel } from '../primary-channel.js';
import type { SessionWatches } from '../session-watches.js';
import { monotonicMs } from '../threads/protocol.js';
import type { DirectCalls } from '../tools/direct-calls.js';
import { cutOffBody, dropBody } from './body.js';
import { Exchange, type ExchangePlace } from './exchange.js';
import { answerExpectations } from './expect-continue.js';
import { createFailedClients, type AskAboutAttempt, type FailedClients } from './failed-clients.js';
import { serveHalfClosedClients } from './half-closed.js';
import { createOpenExchanges, type OpenExchanges } from './open-exchanges.js';
import type { Route, RouteServices } from './routes/route.js';
import { createRequestLog, type RequestLog } from './request-log.js';
import { createRules, type Rules, type RulesOptions } from './rules.js';
import { tunnelUpgrade } from './tunnel.js';

export interface HttpServer {
  /** Takes over a connection; `head` is what the primary has read of it. */
  adopt(socket: Socket, head: Buffer): void;
  /** Every connection is TLS, and ends here with this certificate from now on. */
  useTls(material: TlsMaterial): void;
  /** For requests that begin from here on. */
  use(version: ConfigVersion): void;
  /** What the primary tells of clients that have failed to show the right secret. */
  failedClients(secret: CountedSecret, clients: Parameters<FailedClients['changed']>[0]): void;
  /** From now on a connection closes after its next answer, or when it has been idle for long; resolves when none is left. */
  leave(): Promise<void>;
  /** Ends what is under way, each with an error of its kind; resolves when that is sent. */
  cutOff(): Promise<void>;
  /** From now on requests are refused; resolves when those under way are answered. */
  drain(): Promise<void>;
}

export interface HttpServerOptions {
  readonly version: ConfigVersion;
  /** Undefined when there are no tools. */
  readonly toolPool: ToolPool | undefined;
  readonly clientRuns: ClientRuns;
  readonly sessions: SessionWatches;
  readonly tools: DirectCalls;
  readonly primary: Pick<PrimaryChannel, 'ask'>;
  readonly metrics: WorkerMetrics;
  readonly log: Logger;
  readonly redactor: Pick<Redactor, 'exact'>;
  onConnectionClosed(): void;
  askAboutAttempt(
    secret: CountedSecret,
    ...attempt: Parameters<AskAboutAttempt>
  ): ReturnType<AskAboutAttempt>;
  /** Called once, with the address of a peer that sends a proxy's headers and is not trusted. */
  untrustedProxy(peer: string): void;
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { metrics, log } = options;
  const { tunnel } = options.version.snapshot;
  const state: State = { phase: 'open', active: createOpenCount(), connections: createOpenCount() };
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  const failedClients = Object.fromEntries(
    countedSecrets.map((secret) => [
      secret,
      createFailedClients((...attempt) => options.askAboutAttempt(secret, ...attempt)),
    ]),
  ) as Readonly<Record<CountedSecret, FailedClients>>;
  const untrustedProxy = once(options.untrustedProxy);
  const services: RulesOptions['services'] = {
    clientRuns: options.clientRuns,
    sessions: options.sessions,
    tools: options.tools,
    primary: options.primary,
    ending: ending.signal,
    metrics,
    log,
    deadlines: createDeadlines(httpLimits.deadlineSweepMs),
  };
  const { toolPool } = options;
  const rulesOf = (version: ConfigVersion): Rules =>
    createRules(version, { services, toolPool, failedClients, untrustedProxy });
  const server = createServer({
    keepAliveTimeout: httpLimits.keepAliveMs,
    headersTimeout: portLimits.headerTimeoutMs,
    // The body has its own deadline, which can answer; this one only cuts.
    requestTimeout: 0,
    maxHeaderSize: portLimits.headerBytes,
    connectionsCheckingInterval: httpLimits.connectionsCheckMs,
    requireHostHeader: false, // it is, in our words
  });
  const open = createOpenExchanges((exchange) => ended(site, exchange));
  const site: Site = {
    rules: rulesOf(options.version),
    metrics,
    log: createRequestLog(log),
    state,
    open,
    sockets: new Set(),
    isLast: (exchange) => state.phase !== 'open' && open.latest(exchange.request.socket) === exchange,
    watchHalfClosed: serveHalfClosedClients(server, open),
    withoutSecrets: options.redactor.exact,
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void =>
    serve(site, request, response);
  server.on('request', onRequest);
  answerExpectations(server, onRequest);
  answerUnreadable(server, (socket, answer) => answerWrong(open, socket as Socket, answer));
  server.on('upgrade', (request, socket, rest) => {
    open.whenAnswered(request.socket, () => {
      if (isWebSocketUpgrade(request)) {
        metrics.tunnelled();
        tunnelUpgrade(request, socket, rest, tunnel);
      } else {
        refuseUpgrade(server, request, socket, rest);
      }
    });
  });
  // A server that never listens keeps no list of its connections, and its timeouts do nothing, without this.
  server.emit('listening');
  let tlsEnd: TlsEnd | undefined;
  const secured = (socket: TLSSocket): void => {
    socket.on('error', (error) => log.debug('http.socket', error.message));
    serveOn(server, site, socket);
  };
  return {
    use: (version) => void (site.rules = rulesOf(version)),
    failedClients: (secret, clients) => failedClients[secret].changed(clients),
    useTls(material) {
      if (tlsEnd) tlsEnd.renew(material);
      else tlsEnd = createTlsEnd(material, { log, secured });
    },
    adopt(socket, head) {
      state.connections.began();
      socket.once('close', () => {
        state.connections.ended();
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
    leave() {
      if (state.phase === 'open') state.phase = 'leaving';
      return state.connections.idle();
    },
    cutOff() {
      ending.abort();
      for (const socket of site.sockets) for (const exchange of open.all(socket)) exchange.cutOff();
      return state.active.idle();
    },
    drain() {
      state.phase = 'draining';
      ending.abort();
      return state.active.idle();
    },
  };
}

interface State {
  phase: 'open' | 'leaving' | 'draining';
  /** Requests whose answer is not complete, and connections whose client may still be reading the last one. */
  readonly active: OpenCount;
  readonly connections: OpenCount;
}

interface Site extends ExchangePlace {
  /** A request takes them once, where it begins. */
  rules: Rules;
  readonly metrics: WorkerMetrics;
  readonly log: RequestLog;
  readonly state: State;
  readonly open: OpenExchanges;
  readonly sockets: Set<Socket>;
  readonly watchHalfClosed: (socket: Socket) => void;
}

function serveOn(server: Server, site: Site, socket: Socket): void {
  site.watchHalfClosed(socket);
  site.sockets.add(socket);
  socket.once('close', () => site.sockets.delete(socket));
  // So Node ends a connection after its last answer, and would close it under the bytes that still arrive.
  socket.destroySoon = () => {
    if (!socket.writable) return;
    site.state.active.began();
    socket.once('close', () => site.state.active.ended());
    endAndLinger(socket, httpLimits.discardMs);
  };
  server.emit('connection', socket);
}

function serve(site: Site, request: IncomingMessage, response: ServerResponse): void {
  const { state, rules } = site;
  // What was sent behind the last request of a connection is not served: its client cannot know what became of it.
  if (site.open.latest(request.socket)?.last) return;
  const exchange = new Exchange(request, response, rules.headers, site);
  const route = rules.route(exchange.path, request.method ?? '');
  exchange.route = route?.name ?? 'none';
  state.active.began();
  site.open.began(exchange);
  response.once('close', () => ended(site, exchange));
  guarded(rules.services, exchange, route, () =>
    dispatch(rules, exchange, route, state.phase === 'draining'),
  );
}

/** The answer is complete, or its client gone. */
function ended({ state, open, metrics, log }: Site, exchange: Exchange): void {
  if (exchange.closed) return;
  exchange.closed = true;
  exchange.onAbort?.();
  open.ended(exchange);
  state.active.ended();
  const { request, response, route, startedAt } = exchange;
  const ms = monotonicMs() - startedAt;
  metrics.request(route, request.method ?? '', response.statusCode, ms);
  log({
    method: request.method ?? '',
    path: exchange.path,
    status: response.statusCode,
    ms,
    left: !response.writableFinished,
  });
}

/** What came cannot be read: it is answered in its turn, and as one request if it is the body of one that was read. */
function answerWrong(open: OpenExchanges, socket: Socket, answer: RawAnswer): void {
  const latest = open.latest(socket);
  if (!latest || latest.request.complete) open.whenAnswered(socket, () => answerAndLinger(socket, answer));
  else if (!cutOffBody(latest.request)) open.whenAnswered(socket, () => endAndLinger(socket));
}

/** One step of a request. What it throws is answered 500. */
function guarded(
  { log }: RouteServices,
  exchange: Exchange,
  route: Route | undefined,
  step: () => void,
): void {
  const { request, response } = exchange;
  try {
    step();
  } catch (caught) {
    const error = toError(caught);
    log.error('http.unexpected', `${request.method} ${route?.name}: ${error.message}`, {
      stack: error.stack,
    });
    if (response.headersSent) response.destroy();
    else exchange.sendText(500, 'Internal Server Error');
  }
  // Answered without its body: the next request on the connection must not wait for it.
  if (response.writableEnded && !request.complete) dropBody(request);
}

function dispatch(rules: Rules, exchange: Exchange, route: Route | undefined, draining: boolean): void {
  const { services } = rules;
  const { request } = exchange;
  if (request.headers.host === undefined && request.httpVersion !== '1.0') {
    exchange.sendText(badRequest.status, badRequest.body, ['Connection', 'close']);
  } else if (draining && route?.auth !== 'primary') {
    exchange.sendError(new ApiError('serviceUnavailable', { retryAfter: '1' }));
  } else if (!route) {
    exchange.sendText(404, 'Not Found');
  } else if (route.auth === 'own') {
    route.handle(exchange, services);
  } else if (!route.methods.includes(request.method ?? '')) {
    exchange.sendText(405, 'Method Not Allowed', ['Allow', route.methods.join(', ')]);
  } else if (route.auth === 'primary' || route.auth === 'open') {
    route.handle(exchange, services);
  } else {
    const verdict = rules.guard({ headers: request.headers, peer: exchange.peer, required: route.auth });
    if (!(verdict instanceof Promise)) admit(services, exchange, route, route.auth, verdict);
    else void admitLater(services, exchange, route, route.auth, verdict);
  }
}

/** For a client that has failed before, about whom the primary was asked. */
async function admitLater(
  services: RouteServices,
  exchange: Exchange,
  route: Route,
  required: Scope,
  verdict: Promise<GuardRefusal | undefined>,
): Promise<void> {
  let step: () => void;
  try {
    const refusal = await verdict;
    step = () => admit(services, exchange, route, required, refusal);
  } catch (caught) {
    services.log.warn('http.auth-unasked', toError(caught).message);
    step = () => exchange.sendError(new ApiError('serviceUnavailable', { retryAfter: '1' }));
  }
  if (!exchange.closed) guarded(services, exchange, route, step);
}

function admit(
  services: RouteServices,
  exchange: Exchange,
  route: Route,
  required: Scope,
  refusal: GuardRefusal | undefined,
): void {
  if (refusal === undefined) {
    route.handle(exchange, services);
    return;
  }
  const { status, body, headers } = refusalAnswer(refusal, required);
  exchange.sendJson(status, body, headers);
}

function once(call: (peer: string) => void): (peer: string) => void {
  let called = false;
  return (peer) => {
    if (called) return;
    called = true;
    call(peer);
  };
}
