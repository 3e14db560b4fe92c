/** How often tools are called, how it ends and how long it takes (http.md §12). Labels only, no content. */
import { createCells, type Labels, type MetricJson } from '../../shared/metrics/cells.js';
import { label } from '../../shared/metrics/label.js';
import type { ToolDefinition } from '../../shared/tools/definition.js';
import type { ToolOutcome } from '../../shared/tools/tool-call.js';

export interface ToolMetrics {
  called(tool: ToolDefinition, outcome: ToolOutcome, ms: number): void;
  /** An MCP server has been started, or could not be. */
  serverStarted(server: string, outcome: 'ok' | 'error'): void;
  /** Read when a snapshot is taken. */
  watchServers(servers: readonly WatchedServer[]): void;
  snapshot(): readonly (MetricJson | GaugeJson)[];
}

export interface WatchedServer {
  readonly id: string;
  readonly ready: boolean;
}

interface GaugeJson {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge';
  readonly aggregator: 'sum';
  readonly values: readonly { readonly labels: Labels; readonly value: number }[];
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

export function createToolMetrics(): ToolMetrics {
  const calls = createCells(seconds);
  const starts = createCells();
  let servers: readonly WatchedServer[] = [];
  const connected = (): GaugeJson => ({
    name: 'pllan_mcp_servers_connected',
    help: 'Workers that are connected to an MCP server.',
    type: 'gauge',
    aggregator: 'sum',
    values: servers.map(({ id, ready }) => ({ labels: { server: label(id) }, value: ready ? 1 : 0 })),
  });
  return {
    called({ name, source, group }, outcome, ms) {
      const category = outcome.status === 'ok' ? 'none' : outcome.kind;
      const key = `${name} ${source} ${category}`;
      const cell =
        calls.get(key) ??
        calls.open(key, {
          error_category: category,
          outcome: outcome.status,
          params_kind: 'object',
          tool: label(name),
          tool_owner: label(group),
          tool_source: source,
        });
      cell.add(ms / 1000);
    },
    serverStarted(server, outcome) {
      const key = `${server} ${outcome}`;
      (starts.get(key) ?? starts.open(key, { server: label(server), outcome })).add(1);
    },
    watchServers: (watched) => (servers = watched),
    snapshot: () => [
      calls.counter('pllan_tool_execution_total', 'Calls of tools.'),
      calls.histogram('pllan_tool_execution_duration_seconds', 'Duration of a call of a tool.'),
      starts.counter('pllan_mcp_server_starts_total', 'Starts of MCP servers, and reconnections to them.'),
      connected(),
    ],
  };
}
