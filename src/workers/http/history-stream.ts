/**
 * A session's history as an event stream: `history` with the newest page, then `message` for each line that is stored
 * from there on (http.md §10). Lines that come while the page is read wait until it has gone out.
 */
import { ApiError } from '../../shared/errors/api-error.js';
import { messageEvent, type PlacedLine } from '../../shared/history-row.js';
import type { FoundSession } from '../../shared/ipc.js';
import { httpLimits } from '../../shared/limits.js';
import { toError } from '../../shared/to-error.js';
import type { SessionWatch } from '../session-watches.js';
import type { TaskReceiver } from '../pools/api-pool.js';
import { monotonicMs, type ApiAnswer, type TaskSummary } from '../threads/protocol.js';
import type { Exchange } from './exchange.js';
import type { RouteServices } from './routes/route.js';
import { sendNotFound, type HistoryRequest } from './session-request.js';

export class HistoryStream implements TaskReceiver {
  readonly #exchange: Exchange;
  readonly #services: RouteServices;
  readonly #route: string;
  readonly #queuedAt = monotonicMs();
  /** Undefined once the page has gone out. */
  #waiting: PlacedLine[] | undefined = [];
  #session: FoundSession | undefined;
  #keepAlive: NodeJS.Timeout | undefined;

  constructor(exchange: Exchange, services: RouteServices, route: string) {
    this.#exchange = exchange;
    this.#services = services;
    this.#route = route;
  }

  start(asked: HistoryRequest): void {
    const { sessions, ending } = this.#services;
    const watch = sessions.watch(asked.key, (line) => this.#heard(line));
    if (watch === 'full') {
      this.#exchange.sendError(new ApiError('overloaded', { retryAfter: '1' }));
      return;
    }
    const end = (): void => void this.#exchange.response.end();
    ending.addEventListener('abort', end, { once: true });
    this.#exchange.onAbort = () => {
      watch.stop();
      ending.removeEventListener('abort', end);
      clearInterval(this.#keepAlive);
    };
    this.#read(asked, watch).catch((caught: unknown) => {
      this.#services.log.error('http.session', toError(caught).message);
      this.#exchange.sendError(new ApiError('internal'));
    });
  }

  head(): void {
    this.#exchange.beginStream();
    this.#services.metrics.firstByte(this.#route, monotonicMs() - this.#queuedAt);
  }

  data(text: string): void {
    this.#exchange.response.write(text);
  }

  /** The page has gone out. */
  end(summary: TaskSummary): void {
    this.#services.metrics.task(summary);
    const lines = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const line of lines) this.#send(line);
    this.#keepAlive = setInterval(() => this.#exchange.probe(), httpLimits.streamKeepAliveMs);
    if (this.#exchange.closed) clearInterval(this.#keepAlive);
  }

  answer({ status, body }: ApiAnswer, summary: TaskSummary): void {
    this.#services.metrics.task(summary);
    this.#exchange.sendJson(status, body);
  }

  failed(error: ApiError): void {
    this.#services.metrics.poolRejected(error.kind);
    if (this.#exchange.streaming) this.#exchange.response.destroy();
    else this.#exchange.sendError(error);
  }

  event(): void {}
  bytes(): void {}
  toolUpdate(): void {}
  prepared(): void {}

  async #read({ key, limit, before }: HistoryRequest, { found }: SessionWatch): Promise<void> {
    const session = await found;
    this.#session = session ?? undefined;
    if (!session) return sendNotFound(this.#exchange, key);
    if (this.#exchange.closed) return;
    const { pool, snapshot } = this.#services;
    const { storeDir } = snapshot;
    pool.run(
      { kind: 'history', queuedAt: this.#queuedAt, session, before, limit, stream: true, storeDir },
      this,
    );
  }

  #heard(line: PlacedLine): void {
    if (!this.#waiting) this.#send(line);
    else if (this.#waiting.push(line) > httpLimits.unsentLines) this.#exchange.response.destroy();
  }

  #send(line: PlacedLine): void {
    const { response } = this.#exchange;
    // A line may be there to be read before its storing is over, which is when it is told.
    const isOnPage = line.sessionId === this.#session?.sessionId && line.index < this.#session.before;
    const event = isOnPage ? undefined : messageEvent(line);
    if (event === undefined || response.writableEnded) return;
    // Whoever reads more slowly than is written begins anew.
    if (response.writableLength > httpLimits.unreadStreamBytes) response.destroy();
    else response.write(`event: message\ndata: ${event}\n\n`);
  }
}
