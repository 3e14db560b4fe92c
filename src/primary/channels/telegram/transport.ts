/**
 * HTTP to the server of the Bot API. It knows of each failed call whether its request had left: only then may the server
 * have done what was asked. Addresses hold the bot's token and appear in no error.
 */
import { Agent, DecoratorHandler, type Dispatcher } from 'undici';
import { errorCode, toError } from '../../../shared/to-error.js';
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
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Dispatcher.DispatchOptions['body'];
  readonly signal: AbortSignal;
}

export interface Transport {
  /** The status and at most so many bytes. @throws TransportError */
  request(
    url: string,
    request: TransportRequest,
    maxBytes: number,
  ): Promise<{ readonly status: number; readonly bytes: Buffer }>;
  close(): Promise<void>;
}

export function createTransport(): Transport {
  const agent = new Agent({
    connections: telegramLimits.connections,
    keepAliveTimeout: telegramLimits.idleConnectionMs,
    keepAliveMaxTimeout: telegramLimits.idleConnectionMs,
    connect: { timeout: telegramLimits.connectMs },
    // Whoever calls has a deadline of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    async request(url, { method = 'GET', headers = {}, body = null, signal }, maxBytes) {
      let sent = false;
      const watched = agent.compose(
        (dispatch) => (options, handler) => dispatch(options, new StartNotice(handler, () => (sent = true))),
      );
      try {
        const { origin, pathname, search } = new URL(url);
        const path = pathname + search;
        const answer = await watched.request({
          origin,
          path,
          method: method as Dispatcher.HttpMethod,
          headers,
          body,
          signal,
        });
        const bytes = await read(answer.body, maxBytes);
        return { status: answer.statusCode, bytes };
      } catch (caught) {
        throw new TransportError(sent, reason(toError(caught), signal));
      }
    },
    close: () => agent.destroy(),
  };
}

/** Its types do not tell its methods. */
const inner: Dispatcher.DispatchHandler = DecoratorHandler.prototype;

/** Says when a request begins to be written to a connection. */
class StartNotice extends DecoratorHandler implements Dispatcher.DispatchHandler {
  readonly #started: () => void;

  constructor(handler: Dispatcher.DispatchHandler, started: () => void) {
    super(handler);
    this.#started = started;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#started();
    inner.onRequestStart?.call(this, controller, context);
  }
}

async function read(
  body: AsyncIterable<Uint8Array> & { destroy(): void },
  maxBytes: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      body.destroy();
      throw new Error(`more than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function reason(error: Error, signal: AbortSignal): string {
  if (!signal.aborted) return errorCode(error) ?? error.message;
  return (signal.reason as Error | undefined)?.name === 'TimeoutError' ? 'no answer in time' : 'given up';
}
