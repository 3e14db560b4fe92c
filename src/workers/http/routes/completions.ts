/** `POST /v1/chat/completions` and `/v1/responses`: the socket's side. The work is done in an api thread (http.md §7, §8). */
import { randomUUID } from 'node:crypto';
import { ApiError } from '../../../shared/errors/api-error.js';
import type { HttpErrorName } from '../../../shared/errors/catalogue.js';
import type { WorkerSnapshot } from '../../../shared/ipc.js';
import type { HttpRunMethod } from '../../../shared/store/records.js';
import { encodeBrokenStream } from '../../threads/answer-forms.js';
import { monotonicMs, type TaskSummary } from '../../threads/protocol.js';
import { readBody, type Body } from '../body.js';
import type { Exchange } from '../exchange.js';
import { selectionHeaders } from '../header.js';
import { Relay } from '../relay.js';
import { callerOf } from '../caller.js';
import { sessionHeaders, type KeyedEndpoint } from '../session-headers.js';
import { logFailure, type FailureWords } from './log-failure.js';
import type { Route, RouteServices } from './route.js';

interface Endpoint extends KeyedEndpoint, FailureWords {
  readonly method: HttpRunMethod;
  readonly config: keyof Pick<WorkerSnapshot, 'chatCompletions' | 'responses'>;
}

export const chatCompletions = route({
  name: '/v1/chat/completions',
  idPrefix: 'chatcmpl',
  method: 'chat.completions',
  config: 'chatCompletions',
  noun: 'chat completion',
  failed: 'chat.failed',
});

export const responses = route({
  name: '/v1/responses',
  idPrefix: 'resp',
  method: 'responses',
  config: 'responses',
  noun: 'response',
  failed: 'response.failed',
});

function route(endpoint: Endpoint): Route {
  return {
    name: endpoint.name,
    methods: ['POST'],
    auth: 'operator.write',
    handle(exchange, services) {
      const { snapshot, deadlines } = services;
      readBody(exchange.request, snapshot[endpoint.config].maxBodyBytes, deadlines, (body) => {
        if (body instanceof ApiError) exchange.refuseBody(body);
        else run(exchange, services, body, endpoint);
      });
    },
  };
}

function run(exchange: Exchange, services: RouteServices, body: Body, endpoint: Endpoint): void {
  const { pool, metrics, snapshot, clientRuns: runs } = services;
  const queuedAt = monotonicMs();
  const onSession = sessionHeaders(exchange, endpoint, snapshot.auth);
  if (onSession instanceof ApiError) {
    exchange.sendError(onSession);
    return;
  }
  const onSummary = (summary: TaskSummary): void => {
    metrics.task(summary);
    logFailure(services.log, endpoint, summary);
  };
  const { stalledClientMs: stalledMs, storeDir } = snapshot;
  const { name, method, idPrefix } = endpoint;
  const answerId = `${idPrefix}_${randomUUID()}`;
  // For a stream whose thread is lost: the request itself is not known here.
  const form = {
    endpoint: method,
    stream: true,
    includeUsage: false,
    id: answerId,
    created: Math.floor(Date.now() / 1000),
    model: 'pllan',
  };
  const streamError = (kind: HttpErrorName): string => encodeBrokenStream(form, kind);
  const task = { route: name, queuedAt, stalledMs, runs, streamError, onSummary };
  new Relay(exchange, pool, metrics, task).run({
    kind: 'completion',
    endpoint: method,
    queuedAt,
    body,
    ...selectionHeaders(exchange),
    onSession,
    subject: callerOf(exchange, snapshot.auth),
    answerId,
    storeDir,
  });
}
