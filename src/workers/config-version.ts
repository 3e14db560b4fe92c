/**
 * One version of the config as this worker uses it. A request or a run takes the present one where it begins, once, and
 * keeps it to its end; when nothing uses a version any more, nothing holds it.
 */
import type { WorkerSnapshot } from '../shared/ipc.js';
import type { TaskPool } from './pools/api-pool.js';
import type { ToolRunner } from './tools/tool-runner.js';

export interface ConfigVersion {
  readonly snapshot: WorkerSnapshot;
  readonly runner: ToolRunner;
  /** Its tasks use this version, and so do the tools that they call. */
  readonly pool: TaskPool;
}
