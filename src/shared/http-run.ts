/**
 * Runs on sessions that HTTP clients ask for: what a worker asks the primary, and what it is answered, whatever the
 * endpoint (http.md §4, §5.2). What only the model is to see, such as earlier messages of the request and its tools,
 * stays with the worker.
 */
import type { ModelRef } from './config/model-ref.js';
import type { SentImage } from './media/sent-image.js';
import type { Usage } from './usage.js';
import type { ClientToolCall, HttpRunFacts, HttpRunMethod, RunFailure, ToolResult } from './store/records.js';

export interface AskedRun {
  /** By which the worker knows the request again when its turn comes. */
  readonly ticket: number;
  readonly method: HttpRunMethod;
  /** Also the id of the answer. */
  readonly runId: string;
  /** As its caller writes it. */
  readonly sessionKey: string;
  readonly agentId: string;
  /** The caller named the agent; else it is the session's own. */
  readonly agentNamed: boolean;
  /** Instead of the session's and the agent's. */
  readonly model: ModelRef | undefined;
  readonly message: string;
  readonly images: readonly SentImage[];
  readonly toolResults: readonly ToolResult[];
  readonly http: HttpRunFacts;
  readonly timeoutMs: number;
  /** Of an answer that a later request may continue (http.md §8.1). */
  readonly continuation?: Continuation;
}

export interface Continuation {
  /** The answer whose session it goes on with, where its caller is the same. */
  readonly previous?: string;
  /** Credential and user: who may go on with it. */
  readonly caller: string;
}

/** Comes when the run's end is stored, or at once where there is no run. */
export type RunVerdict =
  /** It ended well: what its worker made of it may go out. */
  | { readonly outcome: 'ended' }
  /** The `Idempotency-Key` is that of a run which has ended well. */
  | { readonly outcome: 'repeated'; readonly answer: RecordedAnswer }
  /** There is no answer, now or at all. */
  | { readonly outcome: 'failed'; readonly failure: ToldFailure };

export interface ToldFailure extends RunFailure {
  /** Undefined for the usual one of such an error. */
  readonly message?: string;
}

/** What is stored of an answer, enough to tell it again. */
export interface RecordedAnswer {
  readonly created: number;
  readonly text: string;
  readonly toolCalls: readonly ClientToolCall[];
  readonly stopReason: 'stop' | 'length' | 'toolUse' | 'error';
  readonly usage: Usage;
}
