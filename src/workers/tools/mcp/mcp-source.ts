/** Tools of the servers that the configuration names (config.md §8 `mcp`): one connection to each, in each worker. */
import type { Logger } from '../../../shared/log/logger.js';
import type { ToolDefinition } from '../../../shared/tools/definition.js';
import { mcpLimits, toolRunLimits } from '../../../shared/tools/limits.js';
import type { McpSetup } from '../../../shared/tools/setup.js';
import { toolError, type ToolUpdate } from '../../../shared/tools/tool-call.js';
import type { ProcessGroups } from '../process-group.js';
import type { ToolMetrics } from '../tool-metrics.js';
import type { ToolSource } from '../tool-source.js';
import { createConnection, type Connection } from './connection.js';
import type { ServerTools } from './server-tools.js';
import { isNameOf } from './tool-names.js';

interface Known {
  readonly lists: readonly ServerTools[];
  readonly definitions: readonly ToolDefinition[];
}

/** Its servers are started at once; what they have comes when they are ready. */
export function createMcpSource(
  { servers, env }: McpSetup,
  groups: ProcessGroups,
  metrics: ToolMetrics,
  log: Logger,
): ToolSource {
  const connections: readonly Connection[] = servers.map((server) =>
    createConnection({
      server,
      log,
      async open(toolsChanged, signal) {
        const { openSession } = await import('./session.js');
        return await openSession({ server, env, groups, log, toolsChanged }, signal);
      },
      started: (outcome) => metrics.serverStarted(server.id, outcome),
    }),
  );
  metrics.watchServers(connections);
  let known: Known = { lists: [], definitions: [] };
  return {
    definitions() {
      const lists = connections.map(({ tools }) => tools);
      if (!lists.every((list, n) => list === known.lists[n]))
        known = { lists, definitions: lists.flatMap(({ definitions }) => definitions) };
      return known.definitions;
    },
    arriving(name) {
      const connection = connections.find(({ id }) => isNameOf(id, name));
      const settled = connection?.arriving;
      if (!connection || !settled) return undefined;
      const waitMs = Math.min(mcpLimits.arrivalMs, connection.timeoutMs);
      return Promise.race([settled, new Promise<void>((resolve) => setTimeout(resolve, waitMs))]);
    },
    async call({ name, args }, signal, update) {
      const connection = connections.find(({ tools }) => tools.ownNames.has(name));
      const own = connection?.tools.ownNames.get(name);
      if (!connection || own === undefined) return toolError('not-found', `Tool not available: ${name}`);
      return await connection.call(own, args, signal, paced(update));
    },
    stop: async () => void (await Promise.all(connections.map((connection) => connection.stop()))),
  };
}

/** What comes sooner after the last than it may is left out. */
function paced(update: ToolUpdate): ToolUpdate {
  let lastAt = -Infinity;
  return (partial) => {
    const now = performance.now();
    if (now - lastAt < toolRunLimits.updateMs) return;
    lastAt = now;
    update(partial);
  };
}
