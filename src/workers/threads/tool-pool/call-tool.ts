/** Finds the tool of a call and runs it. */
import { toolRunLimits } from '../../../shared/tools/limits.js';
import { toolError, type ToolOutcome, type ToolUpdate } from '../../../shared/tools/tool-call.js';
import type { Network } from '../../../shared/net/guarded-fetch.js';
import { createToolBox, type ToolBox } from '../tools/index.js';
import { callTool, ToolInputError, type ToolResult } from '../tools/tool.js';
import type { CallTask } from './protocol.js';

/** @throws Error when the tool fails */
export type CallTool = (task: CallTask, update: ToolUpdate) => Promise<ToolOutcome>;

/** For all calls of a thread. */
export function createCallTool(): CallTool {
  const box = createToolBox();
  return async (task, update) => {
    if (task.testHooks) {
      const { testTools } = await import('./test-tools.js');
      const tool = testTools[task.request.name];
      if (tool) return tool(task.request.args, update);
    }
    return callBuiltin(box, task);
  };
}

async function callBuiltin(box: ToolBox, task: CallTask): Promise<ToolOutcome> {
  const { request, storeDir, settings } = task;
  const { agentId, sessionKey, via, byStranger, workspace } = request.caller;
  const tool = await box.load(request.name);
  if (!tool) return toolError('not-found', `Tool not available: ${request.name}`);
  const network = await networkOf(task);
  try {
    const context = { agentId, sessionKey, via, byStranger, workspace, storeDir, settings, network };
    return outcomeOf(await callTool(tool, request.args, context));
  } catch (caught) {
    if (!(caught instanceof ToolInputError)) throw caught;
    return toolError('input', caught.message.slice(0, toolRunLimits.messageChars));
  }
}

function outcomeOf({ content, details, isError = false }: ToolResult): ToolOutcome {
  if (!isError) return { status: 'ok', content, ...(details === undefined ? {} : { details }) };
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  return toolError('failed', texts.join('\n').slice(0, toolRunLimits.messageChars));
}

async function networkOf({ testHooks, testNetwork }: CallTask): Promise<Network | undefined> {
  if (!testHooks || testNetwork === undefined) return undefined;
  const { parseTestNetwork } = await import('./test-network.js');
  return parseTestNetwork(testNetwork);
}
