/**
 * Tools of the servers that the configuration names (config.md §8 `mcp`): one connection to each, in each worker. One
 * whose settings stay the same stays open from one version of the config to the next.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../../../shared/log/logger.js';
import type { ToolDefinition } from '../../../shared/tools/definition.js';
import { mcpLimits, toolRunLimits } from '../../../shared/tools/limits.js';
import type { McpServer, McpSetup } from '../../../shared/tools/setup.js';
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

interface Opened {
  readonly server: McpServer;
  readonly env: McpSetup['env'];
  readonly connection: Connection;
}

export interface McpServers {
  /** Servers that are new are started at once; what they have comes when they are ready. Others end after their calls. */
  use(setup: McpSetup): ToolSource;
  /** Resolves when the first start of each has come to something, or takes long. */
  arrived(): Promise<void>;
  stop(): Promise<void>;
}

export function createMcpServers(groups: ProcessGroups, metrics: ToolMetrics, log: Logger): McpServers {
  let present: readonly Opened[] = [];
  const leaving = new Set<Connection>();
  const open = (server: McpServer, env: McpSetup['env']): Opened => {
    const connection = createConnection({
      server,
      log,
      async open(toolsChanged, signal) {
        const { openSession } = await import('./session.js');
        return await openSession({ server, env, groups, log, toolsChanged }, signal);
      },
      started: (outcome) => metrics.serverStarted(server.id, outcome),
    });
    return { server, env, connection };
  };
  const leave = ({ connection }: Opened): void => {
    leaving.add(connection);
    connection.retire(() => leaving.delete(connection));
  };
  return {
    use({ servers, env }) {
      const before = present;
      present = servers.map(
        (server) =>
          before.find((one) => isDeepStrictEqual({ server: one.server, env: one.env }, { server, env })) ??
          open(server, env),
      );
      before.filter((one) => !present.includes(one)).forEach(leave);
      const connections = present.map(({ connection }) => connection);
      metrics.watchServers(connections);
      // What began with a server's former settings goes on with the present ones.
      const successor = (one: Connection): Connection =>
        present.find(({ server }) => server.id === one.id)?.connection ?? one;
      return createMcpSource(() => connections.map((one) => (one.retired ? successor(one) : one)));
    },
    arrived: () => soon(Promise.all(present.map(async ({ connection }) => connection.arriving))),
    async stop() {
      const all = [...present.map(({ connection }) => connection), ...leaving];
      await Promise.all(all.map((connection) => connection.stop()));
    },
  };
}

function createMcpSource(connections: () => readonly Connection[]): ToolSource {
  let known: Known = { lists: [], definitions: [] };
  return {
    definitions() {
      const lists = connections().map(({ tools }) => tools);
      if (lists.length !== known.lists.length || !lists.every((list, n) => list === known.lists[n]))
        known = { lists, definitions: lists.flatMap(({ definitions }) => definitions) };
      return known.definitions;
    },
    arriving(name) {
      const connection = connections().find(({ id }) => isNameOf(id, name));
      const settled = connection?.arriving;
      if (!connection || !settled) return undefined;
      const waitMs = Math.min(mcpLimits.arrivalMs, connection.timeoutMs);
      return soon(settled, waitMs);
    },
    async call({ name, args }, signal, update) {
      const connection = connections().find(({ tools }) => tools.ownNames.has(name));
      const own = connection?.tools.ownNames.get(name);
      if (!connection || own === undefined) return toolError('not-found', `Tool not available: ${name}`);
      return await connection.call(own, args, signal, paced(update));
    },
  };
}

async function soon(settled: Promise<unknown>, waitMs: number = mcpLimits.arrivalMs): Promise<void> {
  await Promise.race([settled, new Promise<void>((resolve) => setTimeout(resolve, waitMs))]);
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
