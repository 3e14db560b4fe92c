/** `agent` and `chat` events of runs, in the form and order that clients rely on (runs-and-events.md §2–§4). */
import type { EventName } from '../../shared/protocol/events.js';
import type { RunErrorKind } from '../../shared/run-job.js';
import type { SessionKey } from '../../shared/store/records.js';
import type { ShownText } from './run-text.js';
import { textBlock } from './transcript-lines.js';

/** The run that an event is of. */
export interface EventSubject {
  readonly runId: string;
  readonly sessionKey: SessionKey;
  readonly agentId: string;
}

export type Broadcast = (name: EventName, payload: string) => void;

/** Events of one run; `seq` counts them. */
export class RunEvents {
  readonly #subject: EventSubject;
  readonly #broadcast: Broadcast;
  #seq = 0;

  constructor(subject: EventSubject, broadcast: Broadcast) {
    this.#subject = subject;
    this.#broadcast = broadcast;
  }

  started(startedAt: number): void {
    this.#agent('lifecycle', startedAt, { phase: 'start', startedAt });
  }

  text(shown: ShownText, at: number): void {
    this.#agent('assistant', at, { text: shown.text, delta: shown.delta });
    this.#chat({ state: 'delta', deltaText: shown.delta, message: message(shown.text, at) });
  }

  /** Also of an aborted run, whose `text` is what there was of it. */
  ended(times: RunTimes, how: { readonly aborted: boolean; readonly stopReason: string | undefined }): void {
    const { aborted, stopReason } = how;
    this.#agent('lifecycle', times.endedAt, {
      phase: 'end',
      ...times,
      ...(aborted ? { aborted } : {}),
      stopReason,
    });
  }

  failed(times: RunTimes, error: string): void {
    this.#agent('lifecycle', times.endedAt, { phase: 'error', error, ...times });
  }

  final(
    text: string | undefined,
    at: number,
    stopReason: string | undefined,
    usage: object | undefined,
  ): void {
    this.#chat({ state: 'final', stopReason, message: maybeMessage(text, at), usage });
  }

  aborted(text: string | undefined, at: number, stopReason: string): void {
    this.#chat({ state: 'aborted', stopReason, message: maybeMessage(text, at) });
  }

  error(text: string | undefined, at: number, errorMessage: string, errorKind: RunErrorKind): void {
    this.#chat({ state: 'error', errorMessage, errorKind, message: maybeMessage(text, at) });
  }

  #agent(stream: string, ts: number, data: object): void {
    this.#seq += 1;
    const { runId, sessionKey, agentId } = this.#subject;
    this.#broadcast(
      'agent',
      JSON.stringify({ runId, seq: this.#seq, stream, ts, sessionKey, agentId, data }),
    );
  }

  #chat(fields: object): void {
    const { runId, sessionKey, agentId } = this.#subject;
    this.#broadcast('chat', JSON.stringify({ runId, sessionKey, agentId, seq: this.#seq, ...fields }));
  }
}

export interface RunTimes {
  readonly startedAt?: number;
  readonly endedAt: number;
}

function maybeMessage(text: string | undefined, at: number): object | undefined {
  return text === undefined || text === '' ? undefined : message(text, at);
}

function message(text: string, timestamp: number): object {
  return { role: 'assistant', content: [textBlock(text)], timestamp };
}
