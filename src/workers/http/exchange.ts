/** One request and its answer, with what every handler needs; the only place that writes plain answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { normalizeAddress } from '../../shared/auth/address.js';
import { ApiError, apiErrorBody } from '../../shared/errors/api-error.js';
import { JSON_TYPE, TEXT_TYPE } from '../../shared/http/headers.js';
import { pathOf } from '../../shared/http/primary-paths.js';
import { monotonicMs } from '../../shared/monotonic.js';

/** Headers of every answer, flat. */
export interface AnswerHeaders {
  readonly usual: readonly string[];
  /** Of the last answer on a connection. */
  readonly last: readonly string[];
}

/** What it asks of the server that it is part of. */
export interface ExchangePlace {
  isLast(exchange: Exchange): boolean;
  /** For answers that are errors, which may repeat what a provider or a tool has said. */
  withoutSecrets(text: string): string;
}

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Clock of `monotonicMs`. */
  readonly startedAt = monotonicMs();
  /** Label in metrics. */
  route = 'none';
  /** Path without query. */
  readonly path: string;
  /** The answer is complete, or the client is gone. */
  closed = false;
  /** The answer is an event stream that has begun. */
  streaming = false;
  /** With this answer, which has begun, the connection ends. */
  last = false;
  /** Called once when the client goes before its answer is complete. */
  onAbort: (() => void) | undefined;
  /** Called instead of an answer that says that there is none, when the worker waits for it no longer. */
  onCutOff: (() => void) | undefined;
  readonly #headers: AnswerHeaders;
  readonly #place: ExchangePlace;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    headers: AnswerHeaders,
    place: ExchangePlace,
  ) {
    this.request = request;
    this.response = response;
    this.path = pathOf(request.url ?? '/');
    this.#headers = headers;
    this.#place = place;
  }

  /** Headers that every answer has, flat; this one begins now. */
  begin(): readonly string[] {
    this.last = this.#place.isLast(this);
    return this.last ? this.#headers.last : this.#headers.usual;
  }

  get peer(): string {
    return normalizeAddress(this.request.socket.remoteAddress);
  }

  sendJson(status: number, body: string, headers?: readonly string[]): void {
    this.#send(status, JSON_TYPE, body, headers);
  }

  sendText(status: number, body: string, headers?: readonly string[]): void {
    this.#send(status, TEXT_TYPE, body, headers);
  }

  /** Sends the head of an event stream. */
  beginStream(): void {
    const { response } = this;
    if (this.closed || response.headersSent) return;
    const fields = [
      'Content-Type',
      'text/event-stream; charset=utf-8',
      'Cache-Control',
      'no-cache',
      ...this.begin(),
    ];
    this.last ||= !response.shouldKeepAlive;
    if (!this.last) fields.push('Connection', 'keep-alive');
    response.writeHead(200, fields);
    response.flushHeaders();
    this.streaming = true;
  }

  /** @param body instead of the usual envelope */
  sendError(error: ApiError, body = apiErrorBody(error.kind, error.message)): void {
    const retry = error.retryAfter === undefined ? undefined : ['Retry-After', error.retryAfter];
    this.#send(error.status, JSON_TYPE, body, retry);
  }

  /**
   * Answers a request whose body was not read to its end, and closes the connection afterwards.
   * @param body instead of the usual envelope
   */
  refuseBody(error: ApiError, body = apiErrorBody(error.kind, error.message)): void {
    this.#send(error.status, JSON_TYPE, body, ['Connection', 'close']);
  }

  /** Answers 204. */
  sendNothing(): void {
    const { response } = this;
    if (this.closed || response.headersSent) return;
    response.writeHead(204, [...this.begin()]).end();
  }

  /** Ends it, answered or not. */
  cutOff(): void {
    if (this.closed || this.response.writableEnded) return;
    if (this.onCutOff) this.onCutOff();
    else if (this.response.headersSent) this.response.destroy();
    else this.sendError(new ApiError('serviceUnavailable', { retryAfter: '1' }));
  }

  /**
   * Writes something that means nothing to a client that is there. One that is gone resets the connection, which
   * shows at the next write. HTTP/1.0 has nothing of the kind: such a client counts as gone.
   */
  probe(): void {
    const { request, response } = this;
    if (this.closed || response.writableEnded || response.writableNeedDrain) return;
    if (this.streaming) response.write(':\n\n');
    else if (request.httpVersionMinor === 0) request.socket.destroy();
    else if (!response.headersSent) response.writeProcessing();
  }

  #send(status: number, type: string, given: string, headers: readonly string[] | undefined): void {
    const { request, response } = this;
    if (this.closed || response.headersSent) return;
    const body = status < 400 ? given : this.#place.withoutSecrets(given);
    const fields = ['Content-Type', type, 'Content-Length', String(Buffer.byteLength(body)), ...this.begin()];
    if (headers) fields.push(...headers);
    this.last = !response.shouldKeepAlive || fields.includes('Connection');
    response.writeHead(status, fields);
    if (request.method === 'HEAD') response.end();
    else response.end(body);
  }
}
