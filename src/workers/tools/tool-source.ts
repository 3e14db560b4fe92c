/** Where tools come from: the built-in ones, the servers of the configuration. Each source runs its own tools. */
import type { ToolDefinition } from '../../shared/tools/definition.js';
import type { ToolOutcome, ToolRequest, ToolUpdate } from '../../shared/tools/tool-call.js';

export interface ToolSource {
  /** The same list until it has changed. */
  definitions(): readonly ToolDefinition[];
  /** Never rejects. An aborted call ends soon, with kind `aborted`. */
  call(request: ToolRequest, signal: AbortSignal, update: ToolUpdate): Promise<ToolOutcome>;
  /** Resolves when it is known, or takes too long to know, whether it has a tool of that name; undefined when it is known. */
  arriving?(name: string): Promise<void> | undefined;
}
