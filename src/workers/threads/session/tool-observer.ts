/** Tells of the tools of a turn on a session: events for those who watch, lines for its transcript. */
import { toolEnded, toolStarted } from '../../../shared/tools/tool-event.js';
import type { ClientAnswer } from '../client-answer.js';
import { storedCall } from '../client-tool-calls.js';
import type { TaskLink } from '../link.js';
import type { ModelCall } from '../protocol.js';
import { spentBy } from '../spent.js';
import type { ToolObserver } from '../tool-loop.js';
import { sendEvent } from './session-event.js';

export function createToolObserver(
  link: TaskLink,
  made: readonly ModelCall[],
  client: Pick<ClientAnswer, 'endMessage'> | undefined,
): ToolObserver {
  return {
    called(calls) {
      client?.endMessage();
      const { provider, model, lastUsage: usage, lastCost: cost } = spentBy(made);
      const priced = cost && { cost };
      const told = calls.map(storedCall);
      sendEvent(link, { type: 'tool-calls', provider, model, usage, ...priced, calls: told });
    },
    started({ id: toolCallId, name, args, arguments: text }) {
      sendEvent(link, { type: 'tool', ...toolStarted({ toolCallId, name }, args ?? text) });
    },
    ended({ id: toolCallId, name }, outcome) {
      sendEvent(link, { type: 'tool', ...toolEnded({ toolCallId, name }, outcome) });
    },
    result({ id: toolCallId, name: toolName }, text, isError) {
      sendEvent(link, { type: 'tool-result', toolCallId, toolName, text, isError });
    },
  };
}
