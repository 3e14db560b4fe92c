/** Summarizes a session because somebody asked for it: no turn is run (methods.md §4, `sessions.compact`). */
import type { TaskLink } from '../link.js';
import { selectModel } from '../model-selection.js';
import type { SessionTask } from '../protocol.js';
import type { TurnServices } from '../run-turn.js';
import { beginTask } from '../task-progress.js';
import { compact } from './compaction.js';
import { answerEnd, failedTurn, goodTurn, type EndedTurn } from './ended-turn.js';
import { readHistory } from './history.js';
import { sendEvent } from './session-event.js';
import { showImages } from './show-images.js';
import type { SessionServices } from './turn.js';

/** Never rejects: the link gets the compaction, if there was something to summarize, and then a `TurnEnd`. */
export async function compactSession(
  { job, queuedAt }: SessionTask,
  link: TaskLink,
  services: TurnServices,
  { transcripts }: Pick<SessionServices, 'transcripts'>,
): Promise<void> {
  const progress = beginTask(queuedAt, 'session');
  let ended: EndedTurn;
  try {
    const { routes, upstream, testHooks } = services;
    const modelHeader = routes.compaction.model ?? job.model;
    const selection = selectModel({ model: undefined, agentHeader: job.agentId, modelHeader }, routes);
    progress.selection = selection;
    const history = readHistory(
      transcripts.newestFirst(job.sessionId, job.before),
      showImages(false, transcripts),
    );
    const { calls } = progress;
    const { timeoutMs } = job;
    const ask = { selection, upstream, link, timeoutMs, testHooks, calls };
    const done = await compact(history, { chars: routes.compaction.keepChars, last: false }, ask);
    if (done)
      sendEvent(link, { type: 'compaction', phase: 'end', willRetry: false, compaction: done.compaction });
    ended = goodTurn(progress, 'stop');
  } catch (caught) {
    ended = failedTurn(caught, link);
  }
  answerEnd(link, ended, progress);
}
