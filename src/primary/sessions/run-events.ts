/** `agent` and `chat` events of runs, in the form and order that clients rely on (runs-and-events.md §2–§4). */
import type { EventName } from '../../shared/protocol/events.js';
import type { SessionKey } from '../../shared/store/records.js';
import { unreachable } from '../../shared/unreachable.js';
import type { RunOutcome } from './run-end.js';
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

  compaction(phase: 'start' | 'end', willRetry: boolean, at: number): void {
    this.#agent('compaction', at, phase === 'start' ? { phase } : { phase, willRetry });
  }

  /** The last events of a run; `shown`: all of its answer that may be seen. One that never started has no life to end. */
  outcome(outcome: RunOutcome, times: RunTimes, shown: string): void {
    const { startedAt, endedAt } = times;
    switch (outcome.status) {
      case 'ok':
        this.#agent('lifecycle', endedAt, {
          phase: 'end',
          startedAt,
          endedAt,
          stopReason: outcome.stopReason,
        });
        this.final(shown, endedAt, outcome.stopReason, outcome.usage);
        return;
      case 'stopped': {
        const { stopReason } = outcome;
        if (startedAt !== undefined)
          this.#agent('lifecycle', endedAt, { phase: 'end', startedAt, endedAt, aborted: true, stopReason });
        this.#chat({ state: 'aborted', stopReason, message: maybeMessage(shown, endedAt) });
        return;
      }
      case 'error': {
        const { message: error, kind: errorKind } = outcome;
        if (startedAt !== undefined)
          this.#agent('lifecycle', endedAt, { phase: 'error', error, startedAt, endedAt });
        this.#chat({ state: 'error', errorMessage: error, errorKind, message: maybeMessage(shown, endedAt) });
        return;
      }
      default:
        unreachable(outcome);
    }
  }

  final(text: string, at: number, stopReason: string | undefined, usage: object | undefined): void {
    this.#chat({ state: 'final', stopReason, message: maybeMessage(text, at), usage });
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

interface RunTimes {
  readonly startedAt: number | undefined;
  readonly endedAt: number;
}

function maybeMessage(text: string, at: number): object | undefined {
  return text === '' ? undefined : message(text, at);
}

function message(text: string, timestamp: number): object {
  return { role: 'assistant', content: [textBlock(text)], timestamp };
}
