/**
 * Turns on sessions, between the primary, which decides and remembers, and the worker that runs them. Messages do not
 * travel: the thread reads them from the store (architecture, «IPC»).
 */
import type { ModelRef } from './config/model-ref.js';

export interface RunJob {
  readonly runId: string;
  readonly sessionId: string;
  /** What the model is to see: the lines of the transcript before this one. */
  readonly before: number;
  readonly agentId: string;
  /** Instead of the agent's own. */
  readonly model: ModelRef | undefined;
  readonly systemPrompt: string | undefined;
  /** Milliseconds; infinite for none. */
  readonly timeoutMs: number;
}

/** Worker → primary, in order. */
export type RunPart =
  /** More of the answer. */
  | { readonly runId: string; readonly type: 'text'; readonly text: string }
  | { readonly runId: string; readonly type: 'end'; readonly end: TurnEnd }
  /** Its thread died, or had no room for it: it did not end by itself. */
  | { readonly runId: string; readonly type: 'lost'; readonly why: string };

/** How the model's turn ended. */
export type TurnEnd =
  | {
      readonly status: 'ok';
      readonly provider: string;
      readonly model: string;
      readonly stopReason: 'stop' | 'length' | 'toolUse' | 'error';
      readonly usage: { readonly input: number; readonly output: number };
    }
  | { readonly status: 'timeout' }
  | { readonly status: 'error'; readonly kind: RunErrorKind; readonly message: string };

/** `errorKind` of a `chat` event (runs-and-events.md §3.1). */
export type RunErrorKind = 'refusal' | 'timeout' | 'rate_limit' | 'context_length' | 'unknown';
