/** Reads a request body within its size and time (http.md §4). */
import type { IncomingMessage } from 'node:http';
import { ApiError } from '../../shared/errors/api-error.js';
import type { Deadlines, Waiter, WatchId } from '../../shared/deadlines.js';
import { httpLimits } from '../../shared/limits.js';

/** Up to this size a body travels to its thread as text; above it as bytes, whose decoding would hold this loop up. */
const TEXT_BYTES = 64 * 1024;

export type Body = string | Uint8Array<ArrayBuffer>;

/** Event of a request of whose body no more can be read, and its mark for whoever wants the body later. */
const UNREADABLE = Symbol('unreadable');

type Request = IncomingMessage & { [UNREADABLE]?: true };

/** The rest of the body is not what it should be. False when nobody is reading it. */
export function cutOffBody(request: Request): boolean {
  request[UNREADABLE] = true;
  return request.emit(UNREADABLE);
}

/** Calls back once: with the whole body, or with the error 413, 408 or 400 to answer. */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  deadlines: Deadlines,
  done: (body: Body | ApiError) => void,
): void {
  const announced = request.headers['content-length'];
  if (announced !== undefined && Number(announced) > maxBytes) done(new ApiError('payloadTooLarge'));
  else new BodyReader(request, maxBytes, deadlines, done).start();
}

class BodyReader implements Waiter {
  readonly dueAt = performance.now() + httpLimits.bodyTimeoutMs;
  readonly #request: Request;
  readonly #maxBytes: number;
  readonly #deadlines: Deadlines;
  readonly #done: (body: Body | ApiError) => void;
  readonly #chunks: Buffer[] = [];
  #watch: WatchId | undefined;
  #size = 0;
  #settled = false;

  constructor(
    request: IncomingMessage,
    maxBytes: number,
    deadlines: Deadlines,
    done: (body: Body | ApiError) => void,
  ) {
    this.#request = request;
    this.#maxBytes = maxBytes;
    this.#deadlines = deadlines;
    this.#done = done;
  }

  start(): void {
    if (this.#request[UNREADABLE]) return this.#settle(unreadable);
    this.#watch = this.#deadlines.watch(this);
    this.#request
      .on('data', (chunk: Buffer) => this.#add(chunk))
      .once('end', () => this.#settle(() => join(this.#chunks, this.#size)))
      .once(UNREADABLE, () => this.#settle(unreadable))
      .once('close', () => this.#settle(() => invalid('The request was cut off')));
  }

  expired(): void {
    this.#settle(() => new ApiError('bodyTimeout'));
  }

  #add(chunk: Buffer): void {
    if (this.#settled) return;
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) this.#settle(() => new ApiError('payloadTooLarge'));
    else this.#chunks.push(chunk);
  }

  #settle(result: () => Body | ApiError): void {
    if (this.#settled) return;
    this.#settled = true;
    if (this.#watch !== undefined) this.#deadlines.forget(this.#watch);
    this.#done(result());
  }
}

/** Drops the body of a request that was answered without it, so that the next request can follow; not forever. */
export function dropBody(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(() => request.destroy(), httpLimits.discardMs);
  request.once('close', () => clearTimeout(timer)).resume();
}

const unreadable = (): ApiError => invalid('The request body cannot be read');

function invalid(message: string): ApiError {
  return new ApiError('invalidRequest', { message });
}

function join(chunks: readonly Buffer[], size: number): Body {
  const [first] = chunks;
  if (size <= TEXT_BYTES)
    return (chunks.length === 1 && first ? first : Buffer.concat(chunks)).toString('utf8');
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
