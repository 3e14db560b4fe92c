/**
 * HTTP to the server of the Bot API. It knows of each failed call whether its request had left: only then may the server
 * have done what was asked. Addresses hold the bot's token and appear in no error.
 */
import type { Dispatcher } from 'undici';
import Pool from 'undici/lib/dispatcher/pool.js';
import { errorCode } from '../../../shared/to-error.js';
import { telegramLimits } from './limits.js';

export class TransportError extends Error {
  /** The request had begun to leave. */
  readonly sent: boolean;

  constructor(sent: boolean, message: string) {
    super(message);
    this.name = 'TransportError';
    this.sent = sent;
  }
}

export interface TransportRequest {
  readonly method?: Dispatcher.HttpMethod;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Dispatcher.DispatchOptions['body'];
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly bytes: Buffer;
}

/** With at most so many bytes of an answer. @throws TransportError */
export type Transport = (url: string, request: TransportRequest, maxBytes: number) => Promise<Answer>;

/** @param root what addresses begin with */
export function createTransport(root: string): Transport {
  const { origin } = new URL(root);
  const pool = new Pool(origin, {
    connections: telegramLimits.connections,
    keepAliveTimeout: telegramLimits.idleConnectionMs,
    keepAliveMaxTimeout: telegramLimits.idleConnectionMs,
    connect: { timeout: telegramLimits.connectMs },
    // Whoever calls has a deadline of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return (url, { method = 'GET', headers = {}, body = null, signal }, maxBytes) =>
    new Promise((resolve, reject) => {
      const call = new Call(maxBytes, signal, resolve, reject);
      const { pathname, search } = new URL(url);
      const options = { origin, path: pathname + search, headers, body };
      if (!signal.aborted) pool.dispatch({ ...options, method }, call);
    });
}

/** A call in flight; the handler that undici talks to. */
class Call implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number;
  readonly #signal: AbortSignal;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: TransportError) => void;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #sent = false;
  #status = 0;
  #size = 0;

  constructor(
    maxBytes: number,
    signal: AbortSignal,
    resolve: (answer: Answer) => void,
    reject: (error: TransportError) => void,
  ) {
    this.#maxBytes = maxBytes;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    if (signal.aborted) this.#giveUp();
    else signal.addEventListener('abort', this.#giveUp);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It had to wait for a connection, and nobody wants it any more.
    if (this.#settled) controller.abort(new Error('no longer wanted'));
    else this.#sent = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.byteLength;
    if (this.#size > this.#maxBytes) this.#fail(`more than ${this.#maxBytes} bytes`);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#settle(() =>
      this.#resolve({ status: this.#status, bytes: Buffer.concat(this.#chunks, this.#size) }),
    );
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(errorCode(error) ?? error.message);
  }

  readonly #giveUp = (): void => this.#fail('given up');

  #fail(reason: string): void {
    this.#settle(() => this.#reject(new TransportError(this.#sent, reason)));
    this.#controller?.abort(new Error(reason));
  }

  #settle(settle: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#signal.removeEventListener('abort', this.#giveUp);
    settle();
  }
}
