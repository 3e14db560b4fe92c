/** How far a task has come, whatever its kind, and what is told of it when it has ended. */
import type { Selection } from './model-selection.js';
import { monotonicMs, type ModelCall, type TaskSummary } from './protocol.js';
import type { Usage } from './turn.js';

export interface TaskProgress {
  readonly queuedAt: number;
  readonly startedAt: number;
  /** Absent until a model was chosen. */
  selection: Selection | undefined;
  readonly calls: ModelCall[];
  usage: Usage;
}

/** @param queuedAt clock of `monotonicMs` */
export function beginTask(queuedAt: number): TaskProgress {
  return {
    queuedAt,
    startedAt: monotonicMs(),
    selection: undefined,
    calls: [],
    usage: { input: 0, output: 0 },
  };
}

export function summarize(progress: TaskProgress, error?: TaskSummary['error'], cause?: string): TaskSummary {
  const { selection, usage } = progress;
  return {
    waitMs: progress.startedAt - progress.queuedAt,
    runMs: monotonicMs() - progress.startedAt,
    turn: selection && {
      agent: selection.agentId,
      provider: selection.provider.id,
      model: selection.model,
      api: selection.provider.api,
      calls: progress.calls,
      inputTokens: usage.input,
      outputTokens: usage.output,
    },
    error,
    cause,
  };
}
