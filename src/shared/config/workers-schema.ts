/** `gateway.workers` of the config (config.md §7). */
import type convict from 'convict';
import { availableParallelism } from 'node:os';
import { integer } from './formats.js';

export interface WorkersConfig {
  readonly count: number;
  readonly apiThreads: number;
  readonly toolThreads: number;
  readonly maxQueue: number;
  readonly drainTimeoutMs: number;
}

export const workersSchema: convict.Schema<WorkersConfig> = {
  count: {
    doc: 'Worker processes.',
    default: Math.min(8, Math.max(1, availableParallelism() - 1)),
    format: integer(1, 64),
  },
  apiThreads: { doc: 'Threads for HTTP API work in each worker.', default: 1, format: integer(1, 16) },
  toolThreads: {
    doc: 'Most threads for tools in each worker, started when needed; 0: agents have no tools.',
    default: 2,
    format: integer(0, 64),
  },
  maxQueue: {
    doc: 'Tasks that may wait for a thread; above it 503.',
    default: 1024,
    format: integer(1, 100_000),
  },
  drainTimeoutMs: {
    doc: 'How long a worker that is being replaced may finish what it has; what is left then is cut off.',
    default: 300_000,
    format: integer(0, 2_147_483_647),
  },
};
