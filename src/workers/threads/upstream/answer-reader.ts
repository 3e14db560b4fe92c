/** Reads what a provider sends back: an error, one JSON answer, or a stream, whichever it turns out to be. */
import { TextDecoder } from 'node:util';
import { createParser, type EventSourceParser } from 'eventsource-parser';
import { upstreamLimits } from '../../../shared/limits.js';
import type { HttpAdapter, StreamReader } from '../providers/adapter.js';
import type { TurnSink } from '../turn-sink.js';
import { CollectedBytes } from './collected-bytes.js';
import { UpstreamFailure } from './failure.js';
import { isRefusal, type Receiver, type ResponseHeaders } from './upstream.js';

type Stream = {
  readonly reader: StreamReader;
  readonly parser: EventSourceParser;
  readonly decoder: TextDecoder;
};

export class AnswerReader implements Receiver {
  readonly #adapter: HttpAdapter;
  readonly #sink: TurnSink;
  readonly #redact: (text: string) => string;
  readonly #body = new CollectedBytes();
  #status = 0;
  #retryAfter: string | undefined;
  #stream: Stream | undefined;

  /** `redact` takes out of the provider's words what neither users nor the log may see. */
  constructor(adapter: HttpAdapter, sink: TurnSink, redact: (text: string) => string) {
    this.#adapter = adapter;
    this.#sink = sink;
    this.#redact = redact;
  }

  head(status: number, headers: ResponseHeaders): void {
    this.#status = status;
    if (this.#refused) {
      this.#retryAfter = single(headers['retry-after']);
      return;
    }
    this.#sink.started();
    if (single(headers['content-type'])?.includes('text/event-stream')) this.#stream = this.#openStream();
  }

  data(chunk: Buffer): void {
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

  get satisfied(): boolean {
    if (this.#stream) return this.#stream.reader.ended;
    return this.#refused && this.#body.size >= upstreamLimits.errorBytes;
  }

  /** Call after the last byte. @throws UpstreamFailure when the answer was an error or cut off; Error when unreadable */
  finish(): void {
    if (this.#refused) throw this.#refusal();
    if (!this.#stream) this.#sink.result(this.#adapter.readAnswer(JSON.parse(this.#body.text())));
    else if (!this.complete) {
      throw new UpstreamFailure('broken', 'the stream ended before the model was done');
    }
  }

  get #refused(): boolean {
    return isRefusal(this.#status);
  }

  #openStream(): Stream {
    const reader = this.#adapter.openStream();
    const parser = createParser({
      maxBufferSize: upstreamLimits.eventChars,
      onError({ type, message }) {
        // Fields that nobody knows are no errors: the format asks readers to pass over them.
        if (type === 'max-buffer-size-exceeded')
          throw new UpstreamFailure('malformed', `an event too large: ${message}`);
      },
      onEvent: ({ data }) => {
        for (const event of reader.read(data)) this.#sink.event(event);
      },
    });
    return { reader, parser, decoder: new TextDecoder() };
  }

  #refusal(): UpstreamFailure {
    const status = this.#status;
    const body = this.#body.text();
    const text = errorText(this.#adapter, body, this.#redact);
    const overflow = overflowStatus.has(status) && overflowWords.test(body);
    const message = `status ${status}${text ? `: ${text}` : ''}`;
    return new UpstreamFailure('status', message, { status, retryAfter: this.#retryAfter, text, overflow });
  }
}

/** There is no one way to say it: codes and messages of the servers that people use. */
const overflowStatus: ReadonlySet<number> = new Set([400, 413, 422]);
const overflowWords =
  /context[_ ](?:length|window|size)|maximum context|prompt is too long|too many (?:input )?tokens|input is too long|exceeds? the max(?:imum)? (?:number of )?(?:input )?tokens|maximum number of tokens|reduce the length of the (?:messages|prompt|input)/i;

/** The provider's own words, without markup and cut to what a user should read (runs-and-events.md §13). */
function errorText(adapter: HttpAdapter, body: string, redact: (text: string) => string): string | undefined {
  let text: string | undefined;
  try {
    text = adapter.errorMessage(JSON.parse(body));
  } catch {
    text = undefined; // not JSON, often an HTML page: nothing a user should see
  }
  if (text === undefined) return undefined;
  const plain = redact(text)
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return plain.slice(0, upstreamLimits.messageChars) || undefined;
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
