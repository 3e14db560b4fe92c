/** `POST /v1/embeddings`: the socket's side. The work is done in an api thread (http.md §6). */
import { ApiError } from '../../../shared/errors/api-error.js';
import { embeddingLimits } from '../../../shared/limits.js';
import { monotonicMs } from '../../threads/protocol.js';
import { readBody } from '../body.js';
import { selectionHeaders } from '../header.js';
import { Relay } from '../relay.js';
import { logFailure } from './log-failure.js';
import type { Route } from './route.js';

const told = { noun: 'embeddings', failed: 'embeddings.failed' };

export const embeddings: Route = {
  name: '/v1/embeddings',
  methods: ['POST'],
  auth: 'operator.write',
  handle(exchange, services) {
    const { pool, metrics, snapshot, clientRuns: runs, deadlines } = services;
    readBody(exchange.request, embeddingLimits.bodyBytes, deadlines, (body) => {
      if (body instanceof ApiError) {
        exchange.refuseBody(body);
        return;
      }
      const queuedAt = monotonicMs();
      new Relay(exchange, pool, metrics, {
        route: exchange.route,
        queuedAt,
        stalledMs: snapshot.stalledClientMs,
        runs,
        // Its answer is never a stream.
        streamError: () => '',
        onSummary(summary) {
          metrics.task(summary);
          logFailure(services.log, told, summary);
        },
      }).run({
        kind: 'embeddings',
        queuedAt,
        body,
        ...selectionHeaders(exchange),
      });
    });
  },
};
