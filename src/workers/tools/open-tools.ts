/** Wires the tools of a worker: their pool, the sources that there are, the runner before them. */
import type { WorkerSnapshot } from '../../shared/ipc.js';
import type { Logger } from '../../shared/log/logger.js';
import { builtinDefinitions } from '../../shared/tools/builtin.js';
import type { ToolSettings } from '../../shared/tools/settings.js';
import { testToolDefinitions } from '../../shared/tools/test-definitions.js';
import { createToolPool, type ToolPool } from '../pools/tool-pool.js';
import type { PrimaryChannel } from '../primary-channel.js';
import { createCommands } from './exec/exec-source.js';
import { createMcpServers } from './mcp/mcp-source.js';
import type { ExactRedactor } from './outcome-redactor.js';
import { createPoolSource } from './pool-source.js';
import { createProcessGroups } from './process-group.js';
import type { ToolMetrics } from './tool-metrics.js';
import { createToolRunner, type ToolRunner } from './tool-runner.js';
import type { ToolSource } from './tool-source.js';

export interface WorkerTools {
  /** By what this version of the config says; what was given for earlier ones still works. */
  use(snapshot: WorkerSnapshot): ToolRunner;
  /** Undefined when the configuration with which the worker began turns tools off. */
  readonly pool: ToolPool | undefined;
  /** Resolves when it is known which tools there are, or that takes long. */
  arrived(): Promise<void>;
  stop(): Promise<void>;
}

export function openTools(
  threads: number,
  primary: Pick<PrimaryChannel, 'ask'>,
  metrics: ToolMetrics,
  redactor: ExactRedactor,
  log: Logger,
): WorkerTools {
  const pool = threads === 0 ? undefined : createToolPool({ threads, log });
  const groups = createProcessGroups(primary);
  const commands = createCommands(primary, groups);
  const servers = createMcpServers(groups, metrics, log.for('mcp'));
  let version = 0;
  const nextVersion = (): number => (version += 1);
  return {
    use(snapshot) {
      const { tools: setup } = snapshot;
      const sources = pool ? [builtin(pool, snapshot), commands.use(setup.exec), servers.use(setup.mcp)] : [];
      return createToolRunner({ setup, sources, nextVersion, metrics, redactor, log });
    },
    pool,
    arrived: () => servers.arrived(),
    async stop() {
      commands.stop();
      await Promise.all([pool?.stop(), servers.stop()]);
    },
  };
}

function builtin(pool: ToolPool, { tools, routes, scheme, storeDir, testHooks }: WorkerSnapshot): ToolSource {
  const { web, sessions, timeoutMs, testNetwork } = tools;
  const agents = Object.values(routes.agents);
  const settings: ToolSettings = { web, sessions: { ...sessions, scheme }, agents };
  return createPoolSource({
    pool,
    definitions: testHooks ? withTestTools : builtinDefinitions,
    timeoutMs,
    task: { storeDir, settings, testHooks, testNetwork },
  });
}

/** One list: by it a runner knows that nothing has changed. */
const withTestTools = [...builtinDefinitions, ...testToolDefinitions];
