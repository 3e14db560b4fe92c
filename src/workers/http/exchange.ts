/** One request and its answer, with what every handler needs; the only place that writes plain answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { normalizeAddress } from '../../shared/auth/address.js';
import { apiErrorBody, type ApiError } from '../../shared/errors/api-error.js';
import { JSON_TYPE, TEXT_TYPE } from '../../shared/http/headers.js';
import { pathOf } from '../../shared/http/primary-paths.js';
import { monotonicMs } from '../../shared/monotonic.js';

export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Clock of `monotonicMs`. */
  readonly startedAt = monotonicMs();
  /** Label in metrics. */
  route = 'none';
  /** Path without query. */
  readonly path: string;
  /** Headers of every answer, flat. */
  readonly baseHeaders: readonly string[];
  /** The answer is complete, or the client is gone. */
  closed = false;
  /** The answer is an event stream that has begun. */
  streaming = false;
  /** With this answer, which has begun, the connection ends. */
  last = false;
  /** Called once when the client goes before its answer is complete. */
  onAbort: (() => void) | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, baseHeaders: readonly string[]) {
    this.request = request;
    this.response = response;
    this.baseHeaders = baseHeaders;
    this.path = pathOf(request.url ?? '/');
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
    const { response, baseHeaders } = this;
    if (this.closed || response.headersSent) return;
    const fields = [
      'Content-Type',
      'text/event-stream; charset=utf-8',
      'Cache-Control',
      'no-cache',
      ...baseHeaders,
    ];
    if (response.shouldKeepAlive && !baseHeaders.includes('Connection'))
      fields.push('Connection', 'keep-alive');
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
    response.writeHead(204, [...this.baseHeaders]).end();
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

  #send(status: number, type: string, body: string, headers: readonly string[] | undefined): void {
    const { request, response } = this;
    if (this.closed || response.headersSent) return;
    const fields = [
      'Content-Type',
      type,
      'Content-Length',
      String(Buffer.byteLength(body)),
      ...this.baseHeaders,
    ];
    if (headers) fields.push(...headers);
    this.last = !response.shouldKeepAlive || fields.includes('Connection');
    response.writeHead(status, fields);
    if (request.method === 'HEAD') response.end();
    else response.end(body);
  }
}
