/** Where the events of a turn go, and the sink that puts them together to one result. */
import { upstreamLimits } from '../../shared/upstream/limits.js';
import { noUsage, type Usage } from '../../shared/usage.js';
import type { FinishReason, ReasoningItem, ToolCall, TurnEvent, TurnResult } from './turn.js';
import { UpstreamFailure } from './upstream/failure.js';

export interface TurnSink {
  /** The model has begun to answer: what comes next is the first event, or the result. */
  started(): void;
  event(event: TurnEvent): void;
  /** A provider that answered in one piece. */
  result(result: TurnResult): void;
}

/** Collects a turn's events into its result, of bounded size. */
export class ResultSink implements TurnSink {
  #given: TurnResult | undefined;
  #text = '';
  #finish: FinishReason = 'stop';
  #usage: Usage = noUsage;
  #thinking = '';
  #reasoning: ReasoningItem[] | undefined;
  #calls: ToolCalls | undefined;
  #size = 0;

  started(): void {}

  /** @throws UpstreamFailure when it all becomes too large */
  event(event: TurnEvent): void {
    switch (event.type) {
      case 'text':
        this.#grow(event.text.length);
        this.#text += event.text;
        break;
      case 'thinking':
        this.#grow(event.text.length);
        this.#thinking += event.text;
        break;
      case 'reasoning':
        this.#grow(JSON.stringify(event.item).length);
        this.#reasoning ??= [];
        this.#reasoning.push(event.item);
        break;
      case 'tool-call':
        this.#grow(event.arguments.length + (event.id?.length ?? 0) + (event.name?.length ?? 0));
        (this.#calls ??= new ToolCalls()).add(event);
        break;
      case 'finish':
        this.#finish = event.reason;
        break;
      case 'usage':
        this.#usage = event.usage;
        break;
    }
  }

  result(result: TurnResult): void {
    this.#given = result;
  }

  get whole(): TurnResult {
    const toolCalls = this.#calls?.all ?? [];
    return (
      this.#given ?? {
        text: this.#text,
        toolCalls,
        finish: this.#finish,
        usage: this.#usage,
        ...(this.#thinking === '' ? {} : { thinking: this.#thinking }),
        ...(this.#reasoning ? { reasoning: this.#reasoning } : {}),
      }
    );
  }

  #grow(chars: number): void {
    this.#size += chars + upstreamLimits.eventOverheadBytes;
    if (this.#size > upstreamLimits.responseBytes) {
      throw new UpstreamFailure('malformed', `answer larger than ${upstreamLimits.responseBytes} bytes`);
    }
  }
}

/** The tool calls of a turn, put together from their pieces. */
export class ToolCalls {
  readonly #byIndex = new Map<number, ToolCall>();

  get all(): readonly ToolCall[] {
    return [...this.#byIndex.values()];
  }

  add(event: Extract<TurnEvent, { type: 'tool-call' }>): void {
    const known = this.#byIndex.get(event.index);
    this.#byIndex.set(event.index, {
      id: known?.id ?? event.id ?? `call_${event.index}`,
      name: known?.name ?? event.name ?? '',
      arguments: (known?.arguments ?? '') + event.arguments,
    });
  }
}

/** The events that a result given in one piece stands for: a stream's client need not know the difference. */
export function eventsOf(result: TurnResult): TurnEvent[] {
  const { thinking = '', reasoning = [] } = result;
  return [
    ...(thinking === '' ? [] : [{ type: 'thinking', text: thinking } as const]),
    ...reasoning.map((item) => ({ type: 'reasoning', item }) as const),
    ...(result.text === '' ? [] : [{ type: 'text', text: result.text } as const]),
    ...result.toolCalls.map((call, index) => ({ type: 'tool-call', index, ...call }) as const),
    { type: 'finish', reason: result.finish },
    { type: 'usage', usage: result.usage },
  ];
}
