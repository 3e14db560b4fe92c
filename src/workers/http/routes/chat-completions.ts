/** `POST /v1/chat/completions`: the socket's side. The work is done in an api thread (http.md §7). */
import { ApiError } from '../../../shared/errors/api-error.js';
import { monotonicMs, type TaskSummary } from '../../threads/protocol.js';
import { readBody, type Body } from '../body.js';
import type { Exchange } from '../exchange.js';
import { Relay } from '../relay.js';
import type { Route, RouteServices } from './route.js';

const NAME = '/v1/chat/completions';

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
  const { pool, metrics, snapshot } = services;
  const queuedAt = monotonicMs();
  const onSummary = (summary: TaskSummary): void => {
    metrics.task(summary);
    if (summary.error && summary.error !== 'invalidRequest') logFailure(services, summary);
  };
  const { stalledClientMs: stalledMs } = snapshot;
  new Relay(exchange, pool, metrics, { route: NAME, queuedAt, stalledMs, onSummary }).run({
    kind: 'chat-completion',
    queuedAt,
    body,
    agentId: header(exchange, 'x-pllan-agent-id', 'x-openclaw-agent-id', 'x-pllan-agent', 'x-openclaw-agent'),
    model: header(exchange, 'x-pllan-model', 'x-openclaw-model'),
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

/** The first of these headers that says something; ours have two spellings (http.md §3). */
function header({ request }: Exchange, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = request.headers[name];
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
  }
  return undefined;
}
