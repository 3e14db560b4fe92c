/** What the tools of a running turn do, told and stored (runs-and-events.md §2, §8): lines in order, before the run's end. */
import type { RunPart } from '../../shared/run-job.js';
import type { TranscriptEntry } from '../../shared/store/records.js';
import { toError } from '../../shared/to-error.js';
import { unreachable } from '../../shared/unreachable.js';
import type { Run } from './run.js';
import type { Sessions } from './sessions.js';
import { assistantLine, toolResultLine } from './transcript-lines.js';

export type ToolPart = Extract<RunPart, { readonly type: 'tool' | 'tool-calls' | 'tool-result' }>;

export interface RunTools {
  received(run: Run, part: ToolPart): void;
}

export function createRunTools(
  sessions: Sessions,
  now: () => number,
  fail: (run: Run, message: string) => void,
): RunTools {
  type MakeLine = (parentId: string | null, at: number) => TranscriptEntry;

  const add = (run: Run, line: MakeLine): void => {
    const at = now();
    const { sessionKey: key, sessionId } = run.record;
    const store = (): Promise<void> =>
      sessions.exclusive(key, async () => {
        const { change } = await sessions.appending(sessionId, at, (parentId) => [line(parentId, at)]);
        await sessions.commit(key, [change]);
      });
    run.lines.add(store, (caught) =>
      fail(run, `interrupted: what its tools did could not be stored: ${toError(caught).message}`),
    );
  };

  return {
    received(run, part) {
      const { runId } = run.input;
      switch (part.type) {
        case 'tool-calls': {
          const { provider, model, usage, cost, calls: toolCalls } = part;
          const { message } = run.text;
          run.deltas.endMessage();
          run.events.nextMessage();
          const facts = { provider, model, usage, cost, stopReason: 'toolUse', toolCalls, runId };
          add(run, (parentId, at) => assistantLine(message, facts, parentId, at));
          return;
        }
        case 'tool':
          run.events.tool(part, run.verbose, now());
          return;
        case 'tool-result':
          add(run, (parentId, at) => toolResultLine({ ...part, runId }, parentId, at));
          return;
        default:
          unreachable(part);
      }
    },
  };
}
