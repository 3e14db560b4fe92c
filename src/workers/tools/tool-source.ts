/** Where tools come from: the built-in ones, the servers of the configuration. Each source runs its own tools. */
import type { ToolDefinition } from '../../shared/tools/definition.js';
import type { ToolOutcome, ToolRequest, ToolUpdate } from '../../shared/tools/tool-call.js';

export interface ToolSource {
  /** The same list until it has changed. */
  definitions(): readonly ToolDefinition[];
  /** Never rejects. An aborted call ends soon, with kind `aborted`. */
  call(request: ToolRequest, signal: AbortSignal, update: ToolUpdate): Promise<ToolOutcome>;
  stop(): Promise<void>;
}
