/** What api threads ask their process: to run the tools that a model calls, to read files. */
import type { Answers } from '../../shared/asking.js';
import { responseLimits } from '../../shared/limits.js';
import type { TaskReceiver } from '../pools/api-pool.js';
import type { ToolPool } from '../pools/tool-pool.js';
import type { ThreadQuestions } from '../threads/protocol.js';
import type { ToolRunner } from './tool-runner.js';

export function threadAnswers(
  runner: ToolRunner,
  documents: Pick<ToolPool, 'run'>,
): Answers<ThreadQuestions, TaskReceiver> {
  return {
    'run-tool'(question, signal, receiver) {
      const { toolCallId, name, args, agentId, sessionKey, runId, byStranger } = question;
      const workspace = runner.workspaceOf(agentId);
      const caller = { agentId, sessionKey, runId, via: 'turn', byStranger, workspace } as const;
      return runner.call({ toolCallId, name, args, caller }, signal, (partial) =>
        receiver.toolUpdate(question, partial),
      );
    },
    'read-document': (request, signal) =>
      documents.run({ kind: 'document', ...request }, { timeoutMs: responseLimits.readFileMs, signal }),
  };
}
