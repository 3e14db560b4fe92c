/** Reads a provider's answer that is one JSON document, or its error. */
import { upstreamLimits } from '../../../shared/upstream/limits.js';
import { CollectedBytes } from '../../collected-bytes.js';
import { UpstreamFailure } from './failure.js';
import { refusalFailure } from './refusal.js';
import { isRefusal, type Receiver, type ResponseHeaders } from './upstream.js';

export class JsonAnswer implements Receiver {
  readonly #redact: (text: string) => string;
  readonly #started: () => void;
  readonly #body = new CollectedBytes();
  #status = 0;
  #headers: ResponseHeaders = {};

  /**
   * @param redact takes out of the provider's words what neither users nor the log may see
   * @param started told when an answer that is no error begins
   */
  constructor(redact: (text: string) => string, started: () => void) {
    this.#redact = redact;
    this.#started = started;
  }

  readonly complete = false;

  get satisfied(): boolean {
    return isRefusal(this.#status) && this.#body.size >= upstreamLimits.errorBytes;
  }

  head(status: number, headers: ResponseHeaders): void {
    this.#status = status;
    this.#headers = headers;
    if (!isRefusal(status)) this.#started();
  }

  data(chunk: Buffer): void {
    this.#body.add(chunk);
    if (this.#body.size > upstreamLimits.responseBytes)
      throw new UpstreamFailure('malformed', `answer larger than ${upstreamLimits.responseBytes} bytes`);
  }

  /** The document; call after the last byte. @throws UpstreamFailure when it was an error, Error when unreadable */
  read(): unknown {
    const body = this.#body.text();
    if (!isRefusal(this.#status)) return JSON.parse(body);
    const answer = { status: this.#status, headers: this.#headers, body };
    throw refusalFailure(answer, this.#redact);
  }
}
