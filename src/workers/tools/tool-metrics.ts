/** How often tools are called, how it ends and how long it takes (http.md §12). Labels only, no content. */
import { createCells, type MetricJson } from '../../shared/metrics/cells.js';
import { label } from '../../shared/metrics/label.js';
import type { ToolDefinition } from '../../shared/tools/definition.js';
import type { ToolOutcome } from '../../shared/tools/tool-call.js';

export interface ToolMetrics {
  called(tool: ToolDefinition, outcome: ToolOutcome, ms: number): void;
  snapshot(): readonly MetricJson[];
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

export function createToolMetrics(): ToolMetrics {
  const calls = createCells(seconds);
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
    snapshot: () => [
      calls.counter('pllan_tool_execution_total', 'Calls of tools.'),
      calls.histogram('pllan_tool_execution_duration_seconds', 'Duration of a call of a tool.'),
    ],
  };
}
