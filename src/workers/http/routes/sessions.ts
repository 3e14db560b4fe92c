/** `/sessions/{key}/history` and `/sessions/{key}/kill` (http.md §10). */
import { ApiError } from '../../../shared/errors/api-error.js';
import { toError } from '../../../shared/to-error.js';
import { encodeStreamError } from '../../threads/chat/encode.js';
import { monotonicMs } from '../../threads/protocol.js';
import type { Exchange } from '../exchange.js';
import { HistoryStream } from '../history-stream.js';
import { Relay } from '../relay.js';
import { keyIn, readHistoryRequest, sendNotFound, type HistoryRequest } from '../session-request.js';
import type { Route, RouteServices } from './route.js';

const HISTORY = '/sessions/{key}/history';

export const sessionHistory: Route = {
  name: HISTORY,
  methods: ['GET'],
  auth: 'operator.read',
  handle(exchange, services) {
    const asked = readHistoryRequest(exchange);
    if (asked instanceof ApiError) exchange.sendError(asked);
    else if (/\btext\/event-stream\b/i.test(exchange.request.headers.accept ?? ''))
      new HistoryStream(exchange, services, HISTORY).start(asked);
    else void answer(exchange, services, () => sendHistory(exchange, services, asked));
  },
};

export const killSession: Route = {
  name: '/sessions/{key}/kill',
  methods: ['POST'],
  auth: 'operator.admin',
  handle(exchange, services) {
    exchange.request.resume();
    void answer(exchange, services, async () => {
      const key = keyIn(exchange.path);
      const done = await services.sessions.kill(key);
      if (done) exchange.sendJson(200, JSON.stringify({ ok: true, ...done }));
      else sendNotFound(exchange, key);
    });
  },
};

async function sendHistory(
  exchange: Exchange,
  services: RouteServices,
  { key, limit, before }: HistoryRequest,
): Promise<void> {
  const { pool, metrics, snapshot, sessions, clientRuns: runs } = services;
  const session = await sessions.find(key);
  if (!session) return sendNotFound(exchange, key);
  if (exchange.closed) return;
  const queuedAt = monotonicMs();
  const { stalledClientMs: stalledMs, storeDir } = snapshot;
  const task = { route: HISTORY, queuedAt, stalledMs, runs, streamError: encodeStreamError };
  new Relay(exchange, pool, metrics, { ...task, onSummary: metrics.task }).run({
    kind: 'history',
    queuedAt,
    session,
    before,
    limit,
    stream: false,
    storeDir,
  });
}

/** What is thrown is answered 500 and logged. */
async function answer(exchange: Exchange, { log }: RouteServices, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (caught) {
    log.error('http.session', toError(caught).message);
    exchange.sendError(new ApiError('internal'));
  }
}
