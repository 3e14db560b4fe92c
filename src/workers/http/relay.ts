/**
 * Takes a task's answer to the client: one JSON document, or a stream whose thread is paused while the
 * socket is full. The task is aborted when the client goes. Where the request turns out to be one for a session, the
 * answer comes from the run's task, by way of `ClientRuns`.
 */
import { ApiError } from '../../shared/errors/api-error.js';
import type { HttpErrorName } from '../../shared/errors/catalogue.js';
import type { RecordedAnswer } from '../../shared/http-run.js';
import type { ClientRuns, RunClient } from '../client-runs.js';
import type { WorkerMetrics } from '../metrics.js';
import type { NewTask, TaskPool, TaskReceiver } from '../pools/api-pool.js';
import { encodeBrokenStream, encodeRunError } from '../threads/answer-forms.js';
import type { AnswerForm } from '../threads/prepared-turn.js';
import {
  monotonicMs,
  type ApiAnswer,
  type PreparedRun,
  type TaskId,
  type TaskSummary,
} from '../threads/protocol.js';
import type { Exchange } from './exchange.js';

export class Relay implements TaskReceiver, RunClient {
  readonly pool: TaskPool;
  readonly #exchange: Exchange;
  readonly #metrics: WorkerMetrics;
  readonly #route: string;
  readonly #queuedAt: number;
  readonly #stalledMs: number;
  readonly #onSummary: (summary: TaskSummary) => void;
  readonly #runs: ClientRuns;
  readonly #streamError: RelayedTask['streamError'];
  /** Of a run on a session: how its answer is told. */
  #runForm: AnswerForm | undefined;
  /** Set before anything but `failed` can come. */
  #id!: TaskId;
  #draining = false;
  /** Nothing that still comes of it is told. */
  #isCutOff = false;

  constructor(exchange: Exchange, pool: TaskPool, metrics: WorkerMetrics, task: RelayedTask) {
    this.#exchange = exchange;
    this.pool = pool;
    this.#metrics = metrics;
    this.#route = task.route;
    this.#queuedAt = task.queuedAt;
    this.#stalledMs = task.stalledMs;
    this.#onSummary = task.onSummary;
    this.#runs = task.runs;
    this.#streamError = task.streamError;
  }

  run(task: NewTask): void {
    const id = this.pool.run(task, this);
    this.#id = id;
    this.#exchange.onAbort = () => this.pool.abort(id);
    this.#exchange.onCutOff = () => this.#cutOff();
  }

  answer(answer: ApiAnswer, summary: TaskSummary): void {
    this.#exchange.onAbort = undefined;
    this.#exchange.sendJson(
      answer.status,
      answer.body,
      answer.retryAfter === undefined ? undefined : ['Retry-After', answer.retryAfter],
    );
    const { response } = this.#exchange;
    if (response.writableLength > 0) response.setTimeout(this.#stalledMs);
    this.#onSummary(summary);
  }

  event(): void {}

  bytes(): void {}

  prepared(run: PreparedRun, summary: TaskSummary): void {
    this.#onSummary(summary);
    this.#runForm = run.form;
    if (!this.#exchange.closed) this.#exchange.onAbort = this.#runs.admit(run, this);
  }

  follow(id: TaskId): void {
    this.#id = id;
    if (this.#draining) this.pool.pause(id);
  }

  summary(summary: TaskSummary): void {
    this.#onSummary(summary);
  }

  finish(bytes: string): void {
    if (this.#isCutOff) return;
    const { response } = this.#exchange;
    this.#exchange.onAbort = undefined;
    if (this.#exchange.streaming) response.end(bytes);
    else this.#exchange.sendJson(200, bytes);
    if (response.writableLength > 0) response.setTimeout(this.#stalledMs);
  }

  again(form: AnswerForm, answer: RecordedAnswer, opened: boolean): void {
    if (this.#exchange.closed) return;
    this.run({ kind: 'recorded', queuedAt: monotonicMs(), form, answer, opened });
  }

  refuse(error: ApiError): void {
    if (this.#exchange.response.writableEnded) return;
    this.#exchange.onAbort = undefined;
    const { response } = this.#exchange;
    if (response.headersSent) {
      const form = this.#runForm;
      response.end(form ? encodeBrokenStream(form, error.kind) : this.#streamError(error.kind));
    } else if (this.#runForm && !beforeRun.has(error.kind)) {
      this.#exchange.sendError(error, encodeRunError(this.#runForm, error));
    } else {
      this.#exchange.sendError(error);
    }
  }

  toolUpdate(): void {}

  head(): void {
    if (this.#exchange.closed || this.#exchange.streaming) return;
    this.#exchange.beginStream();
    this.#metrics.firstByte(this.#route, monotonicMs() - this.#queuedAt);
  }

  data(text: string): void {
    const { response, closed } = this.#exchange;
    if (closed || this.#isCutOff || response.write(text) || this.#draining) return;
    this.#draining = true;
    this.pool.pause(this.#id);
    // Node destroys a socket of which nothing was taken for this long, also in the middle of a write.
    response.setTimeout(this.#stalledMs);
    response.once('drain', () => {
      this.#draining = false;
      response.setTimeout(0);
      this.pool.resume(this.#id);
    });
  }

  end(summary: TaskSummary): void {
    this.#exchange.onAbort = undefined;
    this.#exchange.response.end();
    this.#onSummary(summary);
  }

  #cutOff(): void {
    const { onAbort } = this.#exchange;
    this.#isCutOff = true;
    this.refuse(new ApiError('runInterrupted', { message: CUT_OFF }));
    onAbort?.();
  }

  failed(error: ApiError): void {
    this.#metrics.poolRejected(error.kind);
    this.refuse(error);
  }
}

const CUT_OFF = 'interrupted: its worker is being replaced, and could not wait any longer';

/** What is told of a request that did not become a run. */
const beforeRun: ReadonlySet<HttpErrorName> = new Set([
  'idempotencyInProgress',
  'idempotencyMismatch',
  'invalidRequest',
  'overloaded',
  'serviceUnavailable',
]);

export interface RelayedTask {
  readonly route: string;
  readonly queuedAt: number;
  /** A client that takes nothing of its answer for this long is cut off. */
  readonly stalledMs: number;
  readonly runs: ClientRuns;
  /** An error, and the end of the stream. */
  readonly streamError: (code: HttpErrorName) => string;
  /** Called when the task has ended in its thread. */
  onSummary(summary: TaskSummary): void;
}
