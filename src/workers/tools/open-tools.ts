/** Wires the tools of a worker: their pool, the sources that there are, the runner before them. */
import type { WorkerSnapshot } from '../../shared/ipc.js';
import type { Logger } from '../../shared/log/logger.js';
import { builtinDefinitions } from '../../shared/tools/builtin.js';
import type { ToolSettings } from '../../shared/tools/settings.js';
import { testToolDefinitions } from '../../shared/tools/test-definitions.js';
import { createToolPool, type ToolPool } from '../pools/tool-pool.js';
import type { PrimaryChannel } from '../primary-channel.js';
import { createExecSource } from './exec/exec-source.js';
import { createMcpSource } from './mcp/mcp-source.js';
import { createPoolSource } from './pool-source.js';
import { createProcessGroups } from './process-group.js';
import type { ToolMetrics } from './tool-metrics.js';
import { createToolRunner, type ToolRunner } from './tool-runner.js';

export interface WorkerTools {
  readonly runner: ToolRunner;
  /** Undefined when the configuration turns tools off. */
  readonly pool: ToolPool | undefined;
}

export function openTools(
  snapshot: WorkerSnapshot,
  primary: Pick<PrimaryChannel, 'ask'>,
  metrics: ToolMetrics,
  log: Logger,
): WorkerTools {
  const { tools: setup, storeDir, testHooks } = snapshot;
  if (setup.threads === 0)
    return { runner: createToolRunner({ setup, sources: [], metrics, log }), pool: undefined };
  const pool = createToolPool({ threads: setup.threads, log });
  const definitions = testHooks ? [...builtinDefinitions, ...testToolDefinitions] : builtinDefinitions;
  const { timeoutMs, testNetwork } = setup;
  const task = { storeDir, settings: builtinSettings(snapshot), testHooks, testNetwork };
  const groups = createProcessGroups(primary);
  const sources = [
    createPoolSource({ pool, definitions, timeoutMs, task }),
    createExecSource(primary, groups, setup.exec),
    createMcpSource(setup.mcp, groups, metrics, log.for('mcp')),
  ];
  return { runner: createToolRunner({ setup, sources, metrics, log }), pool };
}

function builtinSettings({ tools, routes, scheme }: WorkerSnapshot): ToolSettings {
  const { web, sessions } = tools;
  return { web, sessions: { ...sessions, scheme }, agents: Object.values(routes.agents) };
}
