/** How far a task has come, whatever its kind, and what is told of it when it has ended. */
import type { Selection } from './model-selection.js';
import { monotonicMs, type ModelCall, type TaskSummary, type TurnSummary } from './protocol.js';

export interface TaskProgress {
  readonly queuedAt: number;
  readonly startedAt: number;
  /** Absent until a model was chosen. */
  selection: Selection | undefined;
  readonly calls: ModelCall[];
  readonly lane: TurnSummary['lane'];
}

/** @param queuedAt clock of `monotonicMs` */
export function beginTask(queuedAt: number, lane: TurnSummary['lane'] = 'none'): TaskProgress {
  return {
    queuedAt,
    startedAt: monotonicMs(),
    selection: undefined,
    calls: [],
    lane,
  };
}

export function summarize(progress: TaskProgress, error?: TaskSummary['error'], cause?: string): TaskSummary {
  const { selection } = progress;
  return {
    waitMs: progress.startedAt - progress.queuedAt,
    runMs: monotonicMs() - progress.startedAt,
    turn: selection && {
      agent: selection.agentId,
      provider: selection.provider.id,
      model: selection.model,
      api: selection.provider.api,
      lane: progress.lane,
      calls: progress.calls,
    },
    error,
    cause,
  };
}
