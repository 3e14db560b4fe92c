/** Runs a tool for whoever asks: policy first, then the source that has it; counts and logs what comes of it. */
import type { ToolDefinition } from '../../shared/tools/definition.js';
import type { ToolCaller, ToolOutcome, ToolRequest, ToolUpdate } from '../../shared/tools/tool-call.js';

export interface ToolRunner {
  /** Policy, then the tool. Never rejects. */
  call(request: ToolRequest, signal: AbortSignal, update: ToolUpdate): Promise<ToolOutcome>;
  /** Tools that the caller may use; `provider` is that of the model, where a model is to call them. */
  offered(caller: ToolCaller, provider?: string): readonly ToolDefinition[];
}
