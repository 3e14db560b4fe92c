/** Reads what a provider sends back: an error, one JSON answer, or a stream, whichever it turns out to be. */
import { TextDecoder } from 'node:util';
import { createParser, type EventSourceParser } from 'eventsource-parser';
import { upstreamLimits } from '../../../shared/upstream/limits.js';
import { noUsage } from '../../../shared/usage.js';
import type { HttpAdapter, StreamReader } from '../providers/adapter.js';
import type { Candidate } from '../model-selection.js';
import type { TurnSink } from '../turn-sink.js';
import type { TurnEvent, TurnResult, Usage } from '../turn.js';
import { CollectedBytes } from '../../collected-bytes.js';
import { UpstreamFailure } from './failure.js';
import { refusalFailure, shownText, single } from './refusal.js';
import { ErrorInAnswer, readReportedError } from './reported-error.js';
import { isRefusal, type Receiver, type ResponseHeaders } from './upstream.js';

type Stream = {
  readonly reader: StreamReader;
  readonly parser: EventSourceParser;
  readonly decoder: TextDecoder;
};

export class AnswerReader implements Receiver {
  readonly #adapter: HttpAdapter;
  readonly #from: Candidate;
  readonly #sink: TurnSink;
  readonly #raw: ((event: string) => void) | undefined;
  readonly #redact: (text: string) => string;
  readonly #body = new CollectedBytes();
  #status = 0;
  #headers: ResponseHeaders = {};
  #stream: Stream | undefined;
  /** The head does not say that it is JSON: what comes may be a stream all the same. */
  #untyped = false;

  /** `raw` hears every event; `redact` takes out of the provider's words what neither users nor the log may see. */
  constructor(
    adapter: HttpAdapter,
    from: Candidate,
    sink: TurnSink,
    raw: ((event: string) => void) | undefined,
    redact: (text: string) => string,
  ) {
    this.#raw = raw;
    this.#adapter = adapter;
    this.#from = from;
    this.#sink = sink;
    this.#redact = redact;
  }

  head(status: number, headers: ResponseHeaders): void {
    this.#status = status;
    this.#headers = headers;
    if (this.#refused) return;
    const encoding = single(headers['content-encoding']);
    if (encoding !== undefined && encoding !== 'identity')
      throw new UpstreamFailure('malformed', `an answer encoded as ${encoding}, which was not asked for`);
    this.#sink.started();
    const type = single(headers['content-type']);
    if (type?.includes('text/event-stream')) this.#stream = this.#openStream();
    else this.#untyped = !type?.includes('json');
  }

  data(chunk: Buffer): void {
    if (this.#untyped) {
      this.#untyped = false;
      if (looksLikeStream(chunk)) this.#stream = this.#openStream();
    }
    if (this.#stream) {
      this.#stream.parser.feed(this.#stream.decoder.decode(chunk, { stream: true }));
      return;
    }
    this.#body.add(chunk);
    if (this.#body.size > upstreamLimits.responseBytes) {
      throw new UpstreamFailure('malformed', `answer larger than ${upstreamLimits.responseBytes} bytes`);
    }
  }

  get complete(): boolean {
    return this.#stream?.reader.complete ?? false;
  }

  /** Of an answer that did not come to its end. */
  get usage(): Usage {
    return this.#stream?.reader.usage ?? noUsage;
  }

  get satisfied(): boolean {
    if (this.#stream) return this.#stream.reader.ended;
    return this.#refused && this.#body.size >= upstreamLimits.errorBytes;
  }

  /** Call after the last byte. @throws UpstreamFailure when the answer was an error or cut off; Error when unreadable */
  finish(): void {
    if (this.#refused) throw this.#refusal();
    if (!this.#stream) this.#sink.result(this.#readWhole());
    else if (!this.complete) {
      throw new UpstreamFailure('broken', 'the stream ended before the model was done');
    }
  }

  get #refused(): boolean {
    return isRefusal(this.#status);
  }

  #openStream(): Stream {
    const reader = this.#adapter.openStream(this.#from);
    const parser = createParser({
      maxBufferSize: upstreamLimits.eventChars,
      onError({ type, message }) {
        // Fields that nobody knows are no errors: the format asks readers to pass over them.
        if (type === 'max-buffer-size-exceeded')
          throw new UpstreamFailure('malformed', `an event too large: ${message}`);
      },
      onEvent: ({ data }) => {
        this.#raw?.(data);
        for (const event of this.#read(reader, data)) this.#sink.event(event);
      },
    });
    return { reader, parser, decoder: new TextDecoder() };
  }

  #read(reader: StreamReader, data: string): readonly TurnEvent[] {
    try {
      return reader.read(data);
    } catch (caught) {
      throw this.#told(caught);
    }
  }

  #readWhole(): TurnResult {
    const text = this.#body.text();
    this.#raw?.(text);
    try {
      return this.#adapter.readAnswer(JSON.parse(text), this.#from);
    } catch (caught) {
      throw this.#told(caught);
    }
  }

  /** An error that the provider tells in an answer that began well is as good as a status. */
  #told(caught: unknown): unknown {
    if (!(caught instanceof ErrorInAnswer)) return caught;
    const { message, status, overflow } = readReportedError(caught.answer);
    const text = shownText(message, this.#redact);
    const said = `${caught.message}${text ? `: ${text}` : ''}`;
    if (status === undefined) return new UpstreamFailure('reported', said);
    return new UpstreamFailure('status', said, { status, text, overflow });
  }

  #refusal(): UpstreamFailure {
    const answer = { status: this.#status, headers: this.#headers, body: this.#body.text() };
    return refusalFailure(answer, this.#redact);
  }
}

function looksLikeStream(chunk: Buffer): boolean {
  return /^\s*(?:data|event|id|retry)?:/.test(chunk.toString('latin1', 0, 32));
}
