/** `POST /v1/chat/completions`: the socket's side. The work is done in an api thread (http.md §7). */
import { ApiError } from '../../../shared/errors/api-error.js';
import { encodeStreamError } from '../../threads/chat/encode.js';
import { monotonicMs, type TaskSummary } from '../../threads/protocol.js';
import { readBody, type Body } from '../body.js';
import type { Exchange } from '../exchange.js';
import { headerOf } from '../header.js';
import { Relay } from '../relay.js';
import { sessionHeaders } from '../session-headers.js';
import type { Route, RouteServices } from './route.js';

const NAME = '/v1/chat/completions';
const endpoint = { name: NAME, idPrefix: 'chatcmpl' } as const;

export const chatCompletions: Route = {
  name: NAME,
  methods: ['POST'],
  auth: 'operator.write',
  handle(exchange, services) {
    readBody(exchange.request, services.snapshot.chatCompletions.maxBodyBytes, services.deadlines, (body) => {
      if (body instanceof ApiError) exchange.refuseBody(body);
      else run(exchange, services, body);
    });
  },
};

function run(exchange: Exchange, services: RouteServices, body: Body): void {
  const { pool, metrics, snapshot, clientRuns: runs } = services;
  const queuedAt = monotonicMs();
  const onSession = sessionHeaders(exchange, endpoint, snapshot.auth);
  if (onSession instanceof ApiError) {
    exchange.sendError(onSession);
    return;
  }
  const onSummary = (summary: TaskSummary): void => {
    metrics.task(summary);
    if (summary.error && summary.error !== 'invalidRequest') logFailure(services, summary);
  };
  const { stalledClientMs: stalledMs } = snapshot;
  const task = {
    route: NAME,
    queuedAt,
    stalledMs,
    runs,
    streamError: encodeStreamError,
    onSummary,
  };
  new Relay(exchange, pool, metrics, task).run({
    kind: 'chat-completion',
    queuedAt,
    body,
    agentId: headerOf(
      exchange,
      'x-pllan-agent-id',
      'x-openclaw-agent-id',
      'x-pllan-agent',
      'x-openclaw-agent',
    ),
    model: headerOf(exchange, 'x-pllan-model', 'x-openclaw-model'),
    onSession,
  });
}

function logFailure({ log }: RouteServices, { error, cause, turn }: TaskSummary): void {
  const level = error === 'aborted' ? 'debug' : 'warn';
  const model = turn ? `${turn.provider}/${turn.model}` : undefined;
  log[level]('chat.failed', `chat completion failed: ${error}${cause ? ` (${cause})` : ''}`, {
    error,
    model,
  });
}
