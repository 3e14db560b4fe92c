/** HTTP requests in the log (operations.md §6): those that failed here always, all of them on the debug level. */
import type { Logger } from '../../shared/log/logger.js';
import { limitRepeats } from '../../shared/log/repeat-limit.js';

export interface AnsweredRequest {
  readonly method: string;
  /** Without the query, which may hold anything. */
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  /** The client did not wait for the end of the answer. */
  readonly left: boolean;
}

export type RequestLog = (request: AnsweredRequest) => void;

export function createRequestLog(log: Logger): RequestLog {
  const failures = limitRepeats<string>((status, more) =>
    log.error('http.failed', `${more} more requests were answered ${status}`, { status, more }),
  );
  return ({ method, path, status, ms, left }) => {
    const failed = status >= 500;
    if (!failed && !log.enabled('debug')) return;
    const line = `${method} ${path} ${status} ${Math.round(ms)}ms${left ? ' (client left)' : ''}`;
    if (failed && failures.admit(String(status))) log.error('http.failed', line, { status });
    else log.debug('http.request', line, { status });
  };
}
