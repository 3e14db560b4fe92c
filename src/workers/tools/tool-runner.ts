/** Runs a tool for whoever asks: policy first, then the source that has it; counts and logs what comes of it. */
import type { Logger } from '../../shared/log/logger.js';
import type { ToolDefinition } from '../../shared/tools/definition.js';
import { permittedTools, type CallingModel } from '../../shared/tools/policy.js';
import { workspaceOf, type ToolSetup } from '../../shared/tools/setup.js';
import { shareTools, type SharedToolTable } from '../../shared/tools/table.js';
import {
  toolError,
  type ToolCaller,
  type ToolOutcome,
  type ToolRequest,
  type ToolUpdate,
} from '../../shared/tools/tool-call.js';
import { toError } from '../../shared/to-error.js';
import { createOutcomeRedactor, type ExactRedactor } from './outcome-redactor.js';
import type { ToolMetrics } from './tool-metrics.js';
import type { ToolSource } from './tool-source.js';

export interface ToolRunner {
  /** Policy, then the tool. Never rejects. */
  call(request: ToolRequest, signal: AbortSignal, update: ToolUpdate): Promise<ToolOutcome>;
  /** Tools that the caller may use; `model` where a model is to call them. */
  offered(caller: ToolCaller, model?: CallingModel): readonly ToolDefinition[];
  /** All tools that there are now. */
  all(): readonly ToolDefinition[];
  /** The folder that an agent works in. */
  workspaceOf(agentId: string): string;
  /** For threads: all tools that there are now, and who has them. Undefined when there are none. */
  table(): SharedToolTable | undefined;
}

export interface ToolRunnerOptions {
  readonly setup: ToolSetup;
  /** Of tools with the same name, the one of the first source is it. */
  readonly sources: readonly ToolSource[];
  /** A number for a table of tools: threads know one from another by it. */
  nextVersion(): number;
  readonly metrics: ToolMetrics;
  readonly redactor: ExactRedactor;
  readonly log: Logger;
}

interface Known {
  readonly lists: readonly (readonly ToolDefinition[])[];
  readonly definitions: readonly ToolDefinition[];
  readonly sourceOf: ReadonlyMap<string, ToolSource>;
  readonly table: SharedToolTable | undefined;
  /** Tools for direct calls, by agent: they do not depend on the session. */
  readonly direct: Map<string, readonly ToolDefinition[]>;
}

export function createToolRunner(options: ToolRunnerOptions): ToolRunner {
  const { setup, sources, nextVersion, metrics, log } = options;
  const { policy } = setup;
  const withoutSecrets = createOutcomeRedactor(options.redactor);
  let last: Known | undefined;

  /** Made anew when a source has another list than before. */
  const known = (): Known => {
    const lists = sources.map((source) => source.definitions());
    if (last && lists.every((list, n) => list === last?.lists[n])) return last;
    const sourceOf = new Map<string, ToolSource>();
    const definitions: ToolDefinition[] = [];
    for (const [n, list] of lists.entries()) {
      for (const definition of list) {
        if (sourceOf.has(definition.name)) {
          log.warn('tool.same-name', `two tools are called ${definition.name}; the first one is used`);
          continue;
        }
        sourceOf.set(definition.name, sources[n] as ToolSource);
        definitions.push(definition);
      }
    }
    const table =
      definitions.length > 0 ? shareTools({ version: nextVersion(), policy, definitions }) : undefined;
    last = { lists, definitions, sourceOf, table, direct: new Map() };
    return last;
  };
  const permitted = (caller: ToolCaller): readonly ToolDefinition[] => {
    const { definitions, direct } = known();
    if (caller.via === 'turn') return permittedTools(policy, definitions, caller);
    const tools = direct.get(caller.agentId) ?? permittedTools(policy, definitions, caller);
    direct.set(caller.agentId, tools);
    return tools;
  };
  const find = ({ name, caller }: ToolRequest): { tool: ToolDefinition; source: ToolSource } | undefined => {
    const tool = permitted(caller).find((one) => one.name === name);
    const source = known().sourceOf.get(name);
    return tool && source && { tool, source };
  };

  const arrivingOf = (name: string): Promise<void> | undefined =>
    sources.map((source) => source.arriving?.(name)).find((arriving) => arriving !== undefined);

  return {
    async call(request, signal, update) {
      let found = find(request);
      const arriving = found ? undefined : arrivingOf(request.name);
      if (arriving) {
        await arriving;
        found = find(request);
      }
      if (!found)
        return withoutSecrets.outcome(toolError('not-found', `Tool not available: ${request.name}`));
      const { tool, source } = found;
      const startedAt = performance.now();
      let outcome: ToolOutcome;
      try {
        const hear: ToolUpdate = (partial) => update(withoutSecrets.content(partial));
        outcome = withoutSecrets.outcome(await source.call(request, signal, hear));
      } catch (caught) {
        outcome = withoutSecrets.outcome(toolError('failed', toError(caught).message));
      }
      metrics.called(tool, outcome, performance.now() - startedAt);
      if (outcome.status === 'error') {
        const { kind, message } = outcome;
        const { agentId, runId, via } = request.caller;
        const level = kind === 'aborted' || kind === 'input' ? 'debug' : 'warn';
        log[level]('tool.failed', `tool ${tool.name} failed: ${kind} (${message})`, {
          tool: tool.name,
          kind,
          agentId,
          runId,
          via,
        });
      }
      return outcome;
    },
    offered: (caller, model) =>
      model ? permittedTools(policy, known().definitions, caller, model) : permitted(caller),
    all: () => known().definitions,
    workspaceOf: (agentId) => workspaceOf(setup, agentId),
    table: () => known().table,
  };
}
