/** Work on sessions in this worker: jobs of the primary become tasks of the api pool, what they give goes back to it. */
import type { ApiError } from '../shared/errors/api-error.js';
import type { Redactor } from '../shared/log/redact.js';
import type { RunJob, RunPart, SessionEvent, TurnEnd } from '../shared/run-job.js';
import { toolUpdated } from '../shared/tools/tool-event.js';
import type { ClientRuns } from './client-runs.js';
import type { WorkerMetrics } from './metrics.js';
import type { TaskPool } from './pools/api-pool.js';
import { monotonicMs, type TaskId } from './threads/protocol.js';

export interface SessionRuns {
  start(job: RunJob): void;
  abort(runId: string): void;
  /** Resolves when none is left. */
  idle(): Promise<void>;
}

export interface SessionRunsOptions {
  /** For runs that begin now. */
  pool(): Pick<TaskPool, 'run' | 'abort'>;
  readonly metrics: WorkerMetrics;
  readonly storeDir: string;
  /** Where an agent's files are, by the current config. */
  workspaceOf(agentId: string): string;
  readonly redactor: Pick<Redactor, 'exactIn'>;
  readonly clients: Pick<ClientRuns, 'begin'>;
  send(part: RunPart): void;
}

export function createSessionRuns({
  pool,
  metrics,
  storeDir,
  workspaceOf,
  redactor,
  clients,
  send,
}: SessionRunsOptions): SessionRuns {
  /** The task of each, once there is one: the pool may refuse at once. */
  const running = new Map<string, { readonly pool: Pick<TaskPool, 'abort'>; id?: TaskId }>();
  let idlers: (() => void)[] = [];
  const done = (runId: string): void => {
    running.delete(runId);
    if (running.size > 0) return;
    for (const resolve of idlers) resolve();
    idlers = [];
  };
  return {
    start(job) {
      const { runId, ticket } = job;
      const own = ticket === undefined ? undefined : clients.begin(ticket);
      if (ticket !== undefined && !own) {
        send({ runId, type: 'lost', why: 'its client is gone' });
        return;
      }
      const runPool = own?.client.pool ?? pool();
      const run: { readonly pool: Pick<TaskPool, 'abort'>; id?: TaskId } = { pool: runPool };
      running.set(runId, run);
      const id = runPool.run(
        {
          kind: 'session',
          queuedAt: monotonicMs(),
          job,
          storeDir,
          workspace: workspaceOf(job.agentId),
          prepared: own?.turn,
        },
        {
          head: () => own?.head(),
          bytes: (text, last) => own?.bytes(text, last),
          prepared() {},
          data: (text) => send({ runId, type: 'text', text }),
          event: (json) => send({ runId, ...(JSON.parse(json) as SessionEvent) }),
          toolUpdate: (call, partial) => send({ runId, type: 'tool', ...toolUpdated(call, partial) }),
          answer({ body }, summary) {
            if (own) own.client.summary(summary);
            else metrics.task(summary);
            done(runId);
            // What went wrong is stored and told to clients.
            const end: unknown = JSON.parse(body);
            const told = summary.error === undefined ? end : redactor.exactIn(end);
            send({ runId, type: 'end', end: told as TurnEnd });
          },
          end() {},
          failed(error) {
            metrics.poolRejected(error.kind);
            done(runId);
            const why = error.kind === 'overloaded' ? 'the worker is full' : 'its thread ended';
            // No other worker could run it.
            if (own) send({ runId, type: 'end', end: lostEnd(error, why) });
            else send({ runId, type: 'lost', why });
          },
        },
      );
      if (!running.has(runId)) return;
      run.id = id;
      own?.client.follow(id);
    },
    abort(runId) {
      const run = running.get(runId);
      if (run?.id !== undefined && run.pool.abort(run.id)) done(runId);
    },
    idle: () => new Promise((resolve) => (running.size === 0 ? resolve() : idlers.push(resolve))),
  };
}

function lostEnd({ kind, retryAfter }: ApiError, why: string): TurnEnd {
  const message = `interrupted: ${why}`;
  if (kind !== 'overloaded')
    return { status: 'error', kind: 'unknown', message, failure: { error: 'runInterrupted' } };
  const failure = { error: kind, ...(retryAfter === undefined ? {} : { retryAfter }) };
  return { status: 'error', kind: 'unknown', message, failure };
}
