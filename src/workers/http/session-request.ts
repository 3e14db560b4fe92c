/** Requests for a session by its key in the path (http.md §10), and what they are told when there is none. */
import { ApiError } from '../../shared/errors/api-error.js';
import { httpErrors } from '../../shared/errors/catalogue.js';
import { historyPageLimits, sessionLimits } from '../../shared/session-limits.js';
import type { Exchange } from './exchange.js';

export interface HistoryRequest {
  readonly key: string;
  readonly limit: number;
  /** The page ends before this line. */
  readonly before: number;
}

export function readHistoryRequest({ path, request }: Exchange): HistoryRequest | ApiError {
  const query = new URL(request.url ?? '/', 'http://x').searchParams;
  const [limit, cursor] = [query.get('limit'), query.get('cursor')];
  const invalid = (name: string): ApiError =>
    new ApiError('invalidRequest', { message: `Invalid \`${name}\`.` });
  if (limit !== null && !/^[1-9]\d{0,8}$/.test(limit)) return invalid('limit');
  if (cursor !== null && !/^[1-9]\d{0,14}$/.test(cursor)) return invalid('cursor');
  return {
    key: keyIn(path),
    limit: Math.min(Number(limit ?? historyPageLimits.defaults.limit), sessionLimits.historyRows),
    before: cursor === null ? Number.MAX_SAFE_INTEGER : Number(cursor),
  };
}

export function sendNotFound(exchange: Exchange, key: string): void {
  const { status, type } = httpErrors.sessionNotFound;
  const error = { type, message: `Session not found: ${key}` };
  exchange.sendJson(status, JSON.stringify({ ok: false, error }));
}

/** The router has matched the path, and refuses what cannot be decoded. */
export function keyIn(path: string): string {
  return decodeURIComponent(path.split('/')[2] ?? '');
}
