/**
 * Runs on sessions for which HTTP clients of this worker wait, whatever the endpoint. While one waits for its turn, what
 * only the model is to see waits here:
 *
 *   prepared ──asked──▶ waiting ──its job comes──▶ running ──last bytes made──▶ held back ──end stored──▶ answered
 *                          └────────── refused, failed, ended by others ──────────┴──▶ error
 *                          └────────── its client goes ──▶ the primary is told, and ends it
 */
import type { AskOptions } from '../shared/asking.js';
import { ApiError } from '../shared/errors/api-error.js';
import type { AskedRun, RecordedAnswer, RunVerdict } from '../shared/http-run.js';
import { clientRunLimits } from '../shared/session-limits.js';
import { upstreamLimits } from '../shared/upstream/limits.js';
import type { Logger } from '../shared/log/logger.js';
import { toError } from '../shared/to-error.js';
import type { TaskPool } from './pools/api-pool.js';
import type { AnswerForm } from './threads/prepared-turn.js';
import type { PreparedRun, TaskId, TaskSummary } from './threads/protocol.js';

/** Who waits for the answer. Hears one of `finish`, `again`, `refuse` at the end, unless it leaves. */
export interface RunClient {
  /** Of the version of the config with which its request began. */
  readonly pool: TaskPool;
  /** A stream begins. */
  head(): void;
  data(text: string): void;
  /** The task that makes the answer: it pauses while the client takes nothing. */
  follow(id: TaskId): void;
  summary(summary: TaskSummary): void;
  /** A whole document, or the rest of the stream. */
  finish(bytes: string): void;
  /** The same request was answered before. `opened`: the stream has begun. */
  again(form: AnswerForm, answer: RecordedAnswer, opened: boolean): void;
  refuse(error: ApiError): void;
}

export interface ClientRuns {
  /** Gives what is to be called when the client goes. */
  admit(run: PreparedRun, client: RunClient): () => void;
  /** The run whose turn has come; undefined when its client is gone. */
  begin(ticket: number): BegunClientRun | undefined;
}

export interface BegunClientRun {
  /** A `PreparedTurn` as JSON. */
  readonly turn: string;
  readonly client: Pick<RunClient, 'pool' | 'follow' | 'summary'>;
  head(): void;
  bytes(text: string, last: boolean): void;
}

type AskRun = (run: AskedRun, options: AskOptions) => Promise<RunVerdict>;

export function createClientRuns(ask: AskRun, log: Logger): ClientRuns {
  const open = new Map<number, ClientRun>();
  let chars = 0;
  let lastTicket = 0;
  return {
    admit(prepared, client) {
      const gone = new AbortController();
      const size = prepared.turn.length;
      if (chars + size > clientRunLimits.waitingChars) {
        client.refuse(new ApiError('overloaded', { retryAfter: '1' }));
        return () => {};
      }
      lastTicket += 1;
      const ticket = lastTicket;
      const run = new ClientRun(prepared, client);
      open.set(ticket, run);
      chars += size;
      const { signal } = gone;
      ask({ ...prepared.asked, ticket }, { timeoutMs: clientRunLimits.longestMs, signal })
        .then((verdict) => run.ended(verdict))
        .catch((caught: unknown) => {
          if (signal.aborted) return;
          log.error('run.unanswered', toError(caught).message);
          client.refuse(new ApiError('internal'));
        })
        .finally(() => {
          run.over();
          open.delete(ticket);
          chars -= size;
        });
      return () => gone.abort();
    },
    begin: (ticket) => open.get(ticket),
  };
}

class ClientRun implements BegunClientRun {
  readonly client: RunClient;
  readonly turn: string;
  readonly #form: AnswerForm;
  readonly #opening: string;
  /** A stream shows that somebody is there, also before its turn has come. */
  readonly #hold: NodeJS.Timeout | undefined;
  #opened = false;
  #last: string | undefined;

  constructor({ turn, form, opening }: PreparedRun, client: RunClient) {
    this.turn = turn;
    this.#form = form;
    this.#opening = opening;
    this.client = client;
    if (opening !== '') this.#hold = setTimeout(() => this.head(), upstreamLimits.headHoldMs);
  }

  head(): void {
    if (this.#opened || this.#opening === '') return;
    this.#opened = true;
    this.client.head();
    this.client.data(this.#opening);
  }

  bytes(text: string, last: boolean): void {
    if (last) this.#last = text;
    else this.client.data(text);
  }

  ended(verdict: RunVerdict): void {
    if (verdict.outcome === 'failed') {
      const { error, ...options } = verdict.failure;
      this.client.refuse(new ApiError(error, options));
    } else if (verdict.outcome === 'repeated') {
      this.client.again(this.#form, verdict.answer, this.#opened);
    } else {
      if (this.#last === undefined) throw new Error('a run ended well without an answer');
      this.head();
      this.client.finish(this.#last);
    }
  }

  /** Nothing more is told. */
  over(): void {
    clearTimeout(this.#hold);
  }
}
