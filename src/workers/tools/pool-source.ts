/** The built-in tools: each call runs in a thread of the tool pool, which may end at any time. */
import type { ToolDefinition } from '../../shared/tools/definition.js';
import type { ToolPool } from '../pools/tool-pool.js';
import type { CallTask } from '../threads/tool-pool/protocol.js';
import type { ToolSource } from './tool-source.js';

export interface PoolSourceOptions {
  readonly pool: ToolPool;
  readonly definitions: readonly ToolDefinition[];
  /** Of one call. */
  readonly timeoutMs: number;
  /** The same for each call. */
  readonly task: Omit<CallTask, 'id' | 'kind' | 'request' | 'state'>;
}

export function createPoolSource({ pool, definitions, timeoutMs, task }: PoolSourceOptions): ToolSource {
  return {
    definitions: () => definitions,
    call: (request, signal, update) =>
      pool.run({ kind: 'call', request, ...task }, { timeoutMs, signal, update }),
  };
}
