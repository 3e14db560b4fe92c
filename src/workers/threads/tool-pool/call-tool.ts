/** Finds the tool of a call and runs it. */
import {
  toolError,
  type ToolOutcome,
  type ToolRequest,
  type ToolUpdate,
} from '../../../shared/tools/tool-call.js';

export interface CallOptions {
  readonly update: ToolUpdate;
  readonly testHooks: boolean;
}

/** @throws Error when the tool fails */
export async function callTool(request: ToolRequest, options: CallOptions): Promise<ToolOutcome> {
  if (options.testHooks) {
    const { testTools } = await import('./test-tools.js');
    const tool = testTools[request.name];
    if (tool) return tool(request.args, options);
  }
  return toolError('not-found', `Tool not available: ${request.name}`);
}
