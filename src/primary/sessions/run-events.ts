/** `agent` and `chat` events of runs, in the form and order that clients rely on (runs-and-events.md §2–§4). */
import { escaped, JsonText } from './json-text.js';
import type { EventDetails, EventName, EventPayload } from '../../shared/protocol/events.js';
import type { SessionKey } from '../../shared/store/records.js';
import type { ToolEvent } from '../../shared/tools/tool-event.js';
import { unreachable } from '../../shared/unreachable.js';
import { shownUsage, type RunOutcome } from './run-end.js';
import { textBlock } from './transcript-lines.js';

/** The run that an event is of. */
export interface EventSubject {
  readonly runId: string;
  readonly sessionKey: SessionKey;
  readonly agentId: string;
  readonly isHeartbeat?: true;
  /** Whoever asked for the run. */
  readonly owner?: object | undefined;
}

/** What a tool does in a run; few see it, and not all of them everything. */
export interface ToldTool {
  readonly subject: EventSubject;
  readonly phase: ToolEvent['phase'];
  /** Its session shows everything to everybody who listens. */
  readonly verbose: boolean;
  /** The payload, and what it is for those who are not to see what goes in and comes out. */
  full(): string;
  reduced(): string;
}

export type TellTool = (told: ToldTool) => void;

/** `payload` is asked for when someone may see the event. */
export type Broadcast = (
  name: EventName,
  payload: () => string | EventPayload,
  details?: EventDetails,
) => void;

/** Events of one run; `seq` counts them. */
export class RunEvents {
  readonly #subject: EventSubject;
  readonly #broadcast: Broadcast;
  readonly #tellTool: TellTool;
  /** Of all messages, as `chat` events have it. */
  readonly #text = new JsonText();
  /** Of the one that is being said, where it is not the first. */
  #message: JsonText | undefined;
  #seq = 0;

  constructor(subject: EventSubject, broadcast: Broadcast, tellTool: TellTool = () => {}) {
    this.#subject = subject;
    this.#broadcast = broadcast;
    this.#tellTool = tellTool;
  }

  started(startedAt: number): void {
    this.#agent('lifecycle', startedAt, { phase: 'start', startedAt });
  }

  /** What is said from here on is another message. */
  nextMessage(): void {
    if (!this.#text.isEmpty) this.#message = new JsonText();
  }

  tool({ phase, full, reduced }: ToolEvent, verbose: boolean, at: number): void {
    this.#seq += 1;
    const { owner: _owner, ...subject } = this.#subject;
    const { runId, ...whose } = subject;
    const head = { runId, seq: this.#seq, stream: 'tool', ts: at, ...whose };
    const payload = (data: string): string => `${JSON.stringify(head).slice(0, -1)},"data":${data}}`;
    this.#tellTool({
      subject: this.#subject,
      phase,
      verbose,
      full: () => payload(full),
      reduced: () => payload(reduced),
    });
  }

  /** More of the answer: clients are sent all of it each time, so what it shares with the last time is not encoded anew. */
  text(delta: string, at: number): void {
    this.#seq += 1;
    const seq = this.#seq;
    const { runId, sessionKey, agentId, isHeartbeat } = this.#subject;
    const isNext = this.#message?.isEmpty === true;
    this.#text.append(delta);
    // The blank line between two messages is of `chat` alone.
    const own = isNext ? delta.replace(/^\n\n/, '') : delta;
    this.#message?.append(own);
    const message = this.#message ?? this.#text;
    this.#broadcast('agent', () => {
      const head = JSON.stringify({
        runId,
        seq,
        stream: 'assistant',
        ts: at,
        sessionKey,
        agentId,
        isHeartbeat,
      });
      return [`${head.slice(0, -1)},"data":{"text":"`, message.bytes, `","delta":"${escaped(own)}"}}`];
    });
    this.#broadcast(
      'chat',
      () => {
        const head = JSON.stringify({ runId, sessionKey, agentId, seq, state: 'delta' });
        return [
          `${head.slice(0, -1)},"deltaText":"${escaped(delta)}","message":{"role":"assistant","content":[{"type":"text","text":"`,
          this.#text.bytes,
          `"}],"timestamp":${at}}}`,
        ];
      },
      { droppable: true },
    );
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
        this.final(shown, endedAt, outcome.stopReason, shownUsage(outcome.usage));
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
    const seq = this.#seq;
    const { runId, sessionKey, agentId, isHeartbeat } = this.#subject;
    this.#broadcast('agent', () =>
      JSON.stringify({ runId, seq, stream, ts, sessionKey, agentId, isHeartbeat, data }),
    );
  }

  #chat(fields: object): void {
    const { runId, sessionKey, agentId } = this.#subject;
    this.#broadcast('chat', () => JSON.stringify({ runId, sessionKey, agentId, seq: this.#seq, ...fields }));
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
