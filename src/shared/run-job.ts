/**
 * Work on sessions, between the primary, which decides and remembers, and the worker that runs them. Messages do not
 * travel: the thread reads them from the store (architecture, «IPC»).
 */
import type { ModelRef } from './config/model-ref.js';
import type { ClientToolCall, RunFailure, SessionKey, ToolCallRecord } from './store/records.js';
import type { ThinkingLevel } from './thinking.js';
import type { ToolEvent } from './tools/tool-event.js';
import type { Cost, ModelUsage, Usage } from './usage.js';

export interface RunJob {
  readonly kind: 'turn' | 'compaction';
  readonly runId: string;
  readonly sessionKey: SessionKey;
  readonly sessionId: string;
  /** What the model is to see: the lines of the transcript before this one. */
  readonly before: number;
  readonly agentId: string;
  /** Instead of the agent's own. */
  readonly model: ModelRef | undefined;
  /** Tried in order when that one cannot answer, instead of the agent's own. */
  readonly fallbacks?: readonly ModelRef[] | undefined;
  /** Of the tools that the agent has, only these: names, groups, patterns. */
  readonly toolsAllow?: readonly string[] | undefined;
  /** Asked for, or else the session's; undefined for the agent's. */
  readonly thinking?: ThinkingLevel | undefined;
  readonly systemPrompt: string | undefined;
  /** It is about what came from outside: tools that are the owner's alone are not for it. */
  readonly byStranger?: boolean | undefined;
  /** Milliseconds; infinite for none. */
  readonly timeoutMs: number;
  /** Of the request that the worker itself has asked it for. */
  readonly ticket?: number | undefined;
}

/** Worker → primary, in order. */
export type RunPart =
  /** More of the answer. */
  | { readonly runId: string; readonly type: 'text'; readonly text: string }
  | ({ readonly runId: string } & SessionEvent)
  | { readonly runId: string; readonly type: 'end'; readonly end: TurnEnd }
  /** Its thread died, or had no room for it: it did not end by itself. */
  | { readonly runId: string; readonly type: 'lost'; readonly why: string };

/** What a job tells besides text. */
export type SessionEvent =
  /** The session's old lines are being summarized … */
  | { readonly type: 'compaction'; readonly phase: 'start' }
  /** … and were, or could not be: then there is no `compaction`. */
  | {
      readonly type: 'compaction';
      readonly phase: 'end';
      readonly willRetry: boolean;
      readonly compaction: Compaction | null;
    }
  /** What the model said last is a message of its own: it calls tools of the gateway. */
  | {
      readonly type: 'tool-calls';
      readonly provider: string;
      readonly model: string;
      readonly usage: Usage;
      /** Undefined where the config names no prices. */
      readonly cost?: Cost;
      readonly calls: readonly ToolCallRecord[];
    }
  | ({ readonly type: 'tool' } & ToolEvent)
  /** What one of them gave, in the order of the calls. */
  | {
      readonly type: 'tool-result';
      readonly toolCallId: string;
      readonly toolName: string;
      readonly text: string;
      readonly isError: boolean;
    };

/** A summary instead of old lines (runs-and-events.md §8). */
export interface Compaction {
  readonly summary: string;
  /** Id of the first line that the model is still shown as it is; null when there is none. */
  readonly firstKept: string | null;
  /** Lines that it is shown so. */
  readonly kept: number;
  readonly tokensBefore: number;
}

/** How the model's turn ended. */
export type TurnEnd =
  | {
      readonly status: 'ok';
      readonly provider: string;
      readonly model: string;
      readonly stopReason: 'stop' | 'length' | 'toolUse' | 'error';
      /** Of all its calls … */
      readonly usage: Usage;
      /** … and of the last: its prompt and answer are what the session's next turn begins with. */
      readonly lastUsage: Usage;
      /** Undefined where the config names no prices. */
      readonly lastCost?: Cost;
      /** `usage` again, by the models that used it. */
      readonly spent: readonly ModelUsage[];
      /** What its client is to do; the results come with its next turn. */
      readonly toolCalls?: readonly ClientToolCall[];
    }
  | { readonly status: 'timeout' }
  | {
      readonly status: 'error';
      readonly kind: RunErrorKind;
      readonly message: string;
      readonly failure?: RunFailure;
    };

/** `errorKind` of a `chat` event (runs-and-events.md §3.1). */
export type RunErrorKind = 'refusal' | 'timeout' | 'rate_limit' | 'context_length' | 'unknown';
