/** `agents_list`: the agents that are configured. */
import { builtinTools } from '../../../shared/tools/builtin.js';
import { jsonResult, tool } from './tool.js';

export const agentsList = tool(builtinTools.agents_list, async (_args, { agentId, settings }) =>
  jsonResult({
    self: agentId,
    defaultId: settings.sessions.scheme.defaultAgentId,
    agents: settings.agents,
  }),
);
