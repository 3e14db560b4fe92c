/**
 * What a worker process and its api threads say to each other, over one `MessagePort` per thread (one per task was
 * measured at another 21 µs of CPU). Tasks go in batches: what comes in one turn of the event loop is one message. What
 * comes back, answers and pieces of streams, is again one message per turn. A piscina run per batch, which the thread
 * said to be done as well, cost 20 µs for a batch of one and 30 µs for one of four.
 */
import type { MessagePort } from 'node:worker_threads';
import type { AnswerMessage, AskMessage } from '../../shared/asking.js';
import type { HttpErrorName } from '../../shared/errors/catalogue.js';
import type { AskedRun, RecordedAnswer } from '../../shared/http-run.js';
import type { FoundSession } from '../../shared/ipc.js';
import type { SharedRouteTable } from '../../shared/routes.js';
import type { RunJob } from '../../shared/run-job.js';
import type { HttpRunMethod } from '../../shared/store/records.js';
import type { Cost, Usage } from '../../shared/usage.js';
import type { DocumentRequest } from './documents/document.js';
import type { AnswerForm } from './prepared-turn.js';
import type { SharedToolTable } from '../../shared/tools/table.js';
import type { ToolOutcome } from '../../shared/tools/tool-call.js';
import type { WirePart } from './wire.js';

/** Number of a task, unique within its worker process. */
declare const taskId: unique symbol;
export type TaskId = number & { readonly [taskId]: true };

/** What piscina carries, once for each thread: to serve the other end of this port. */
export interface ServeTask {
  readonly port: MessagePort;
}

export interface ApiBatch {
  readonly type: 'batch';
  readonly routes: SharedRouteTable;
  /** Undefined when there are no tools. */
  readonly tools: SharedToolTable | undefined;
  readonly testHooks: boolean;
  readonly tasks: readonly ApiTask[];
}

/** A request for a completion, of one of the endpoints. */
export interface CompletionTask {
  readonly kind: 'completion';
  readonly endpoint: HttpRunMethod;
  readonly id: TaskId;
  /** Clock of `monotonicMs` when it was put into the pool. */
  readonly queuedAt: number;
  /** Small bodies come as text, large ones as bytes. */
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** Header overrides of http.md §5.1, absent when not sent. */
  readonly agentId: string | undefined;
  readonly model: string | undefined;
  /** Absent when none of the headers of http.md §4 and §5.2 was sent. */
  readonly onSession: SessionHeaders | undefined;
  /** Whom its credential stands for. */
  readonly subject: string;
  /** That of its answer, where no `Idempotency-Key` makes it. */
  readonly answerId: string;
  readonly storeDir: string;
}

/** A request for embeddings. */
export type EmbeddingsTask = Pick<CompletionTask, 'id' | 'queuedAt' | 'body' | 'agentId' | 'model'> & {
  readonly kind: 'embeddings';
};

/** What the headers of a request say of the session that it is for, and of where it comes from. */
export interface SessionHeaders {
  readonly sessionKey: string | undefined;
  /** Made of the `Idempotency-Key`. */
  readonly runId: string | undefined;
  readonly caller: CallerContext;
}

/** Where a message comes from, as tool policy sees it (http.md §5.2). */
export interface CallerContext {
  readonly channel: string | undefined;
  readonly accountId: string | undefined;
  readonly to: string | undefined;
  readonly threadId: string | undefined;
}

/** A job on a session, whose messages the thread reads from the store; its answer's body is a `TurnEnd` as JSON. */
export interface SessionTask {
  readonly kind: 'session';
  readonly id: TaskId;
  readonly queuedAt: number;
  readonly job: RunJob;
  readonly storeDir: string;
  /** Its agent's folder. */
  readonly workspace: string;
  /** A `PreparedTurn` as JSON, of a run that an HTTP client waits for: the task also gives what that one is sent. */
  readonly prepared: string | undefined;
}

/** An answer that was given before, to be given again. */
export interface RecordedTask {
  readonly kind: 'recorded';
  readonly id: TaskId;
  readonly queuedAt: number;
  readonly form: AnswerForm;
  readonly answer: RecordedAnswer;
  /** The stream has begun. */
  readonly opened: boolean;
}

/** A page of a transcript: a document, or the first event of a stream. */
export interface HistoryTask {
  readonly kind: 'history';
  readonly id: TaskId;
  readonly queuedAt: number;
  readonly session: FoundSession;
  /** Lines before this one. */
  readonly before: number;
  readonly limit: number;
  readonly stream: boolean;
  readonly storeDir: string;
}

export type ApiTask = CompletionTask | EmbeddingsTask | SessionTask | RecordedTask | HistoryTask;

/** The bytes of a large body, which a task takes with it instead of a copy. */
export function largeBodyOf(task: ApiTask): ArrayBuffer | undefined {
  return 'body' in task && typeof task.body === 'object' ? task.body.buffer : undefined;
}

/** A request that is to run on a session: its turn comes when the primary says so. */
export interface PreparedRun {
  readonly asked: Omit<AskedRun, 'ticket'>;
  /** A `PreparedTurn` as JSON. */
  readonly turn: string;
  readonly form: AnswerForm;
  /** What a stream begins with; empty for an answer that is none. */
  readonly opening: string;
}

/** What a task asks its process. */
export interface ThreadQuestions {
  readonly 'run-tool': { readonly question: ToolQuestion; readonly answer: ToolOutcome };
  /** The text of a file that somebody sent. */
  readonly 'read-document': { readonly question: DocumentRequest; readonly answer: ToolOutcome };
}

/** A call that a model makes in its turn. */
export interface ToolQuestion {
  readonly toolCallId: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly agentId: string;
  /** Empty for a completion without one. */
  readonly sessionKey: string;
  readonly runId: string | undefined;
  readonly byStranger: boolean | undefined;
}

/** An answer that is not a stream. */
export interface ApiAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** Facts for metrics and the log; labels only, no content. */
export interface TaskSummary {
  readonly waitMs: number;
  readonly runMs: number;
  /** Absent when the request never reached a model. */
  readonly turn: TurnSummary | undefined;
  readonly error: HttpErrorName | 'aborted' | undefined;
  /** Cause of an error, for the log; already without secrets of the request. */
  readonly cause: string | undefined;
}

export interface TurnSummary {
  readonly agent: string;
  /** What was asked for; who answered is in `calls`. */
  readonly provider: string;
  readonly model: string;
  readonly api: string;
  /** `none`: a completion without a session. */
  readonly lane: 'none' | 'session';
  readonly calls: readonly ModelCall[];
}

/** One call to a provider, retries counted singly; or one that was not made because the provider is left alone. */
export interface ModelCall {
  readonly ms: number;
  readonly firstByteMs: number | undefined;
  readonly outcome: 'ok' | 'error' | 'aborted' | 'skipped';
  readonly category: string;
  readonly provider: string;
  readonly model: string;
  readonly api: string;
  readonly usage: Usage;
  /** Undefined where the config names no prices. */
  readonly cost: Cost | undefined;
}

/** Thread → process: what tasks of the thread produced, in order. */
export type FromThread = readonly WirePart[];

/**
 * A task gives one `answer`, or `head`, any number of `data`, and `end`, or one `prepared`. One on a session gives `data`
 * and `event` before its `answer`, and to its client `head` and `bytes`, the last of which is to wait for the run's end.
 * Any may `ask`.
 */
export type TaskPart =
  | {
      readonly id: TaskId;
      readonly type: 'answer';
      readonly answer: ApiAnswer;
      readonly summary: TaskSummary;
    }
  | { readonly id: TaskId; readonly type: 'head' }
  | { readonly id: TaskId; readonly type: 'data'; readonly text: string }
  | {
      readonly id: TaskId;
      readonly type: 'prepared';
      readonly run: PreparedRun;
      readonly summary: TaskSummary;
    }
  | { readonly id: TaskId; readonly type: 'bytes'; readonly text: string; readonly last: boolean }
  /** A `SessionEvent` as JSON. */
  | { readonly id: TaskId; readonly type: 'event'; readonly json: string }
  | { readonly id: TaskId; readonly type: 'ask'; readonly message: AskMessage<ThreadQuestions> }
  | { readonly id: TaskId; readonly type: 'end'; readonly summary: TaskSummary }
  /** What should not be possible. */
  | { readonly id: TaskId; readonly type: 'failed'; readonly cause: string };

/** Process → thread. */
export type ToThread = ApiBatch | ToTask;

export type ToTask =
  | { readonly type: 'abort' | 'pause' | 'resume'; readonly id: TaskId }
  | { readonly type: 'answer'; readonly id: TaskId; readonly message: AnswerMessage };

/** What piscina hands to a starting thread. */
export interface ThreadData {
  readonly beats: SharedArrayBuffer;
  /** Where it writes what models say; undefined when nobody wants it. */
  readonly rawStream: string | undefined;
}

export { monotonicMs } from '../../shared/monotonic.js';
