/** An error of the catalogue on its way to an HTTP client, and its body. */
import { missingScopeDetails, type Scope } from '../protocol/scopes.js';
import { httpErrors, type HttpErrorName } from './catalogue.js';

export interface ApiErrorOptions {
  /** Instead of the catalogue's message; shown to the client, so never a secret. */
  readonly message?: string;
  /** Passed on as `Retry-After`, in seconds or as the provider's own text. */
  readonly retryAfter?: string;
  /** For the log only. */
  readonly cause?: unknown;
}

export class ApiError extends Error {
  readonly kind: HttpErrorName;
  readonly retryAfter: string | undefined;

  constructor(kind: HttpErrorName, options: ApiErrorOptions = {}) {
    super(options.message ?? httpErrors[kind].message, { cause: options.cause });
    this.name = 'ApiError';
    this.kind = kind;
    this.retryAfter = options.retryAfter;
  }

  get status(): number {
    return httpErrors[this.kind].status;
  }
}

/** OpenAI's error envelope (http.md §4). */
export function apiErrorBody(kind: HttpErrorName, message: string = httpErrors[kind].message): string {
  return JSON.stringify({ error: { message, type: httpErrors[kind].type } });
}

/** The envelope of endpoints that are not OpenAI's (http.md §9). */
export function endpointErrorBody(kind: HttpErrorName, message: string = httpErrors[kind].message): string {
  return JSON.stringify({ ok: false, error: { type: httpErrors[kind].type, message } });
}

/** What a caller is told whose scopes do not suffice (http.md §3): an envelope of its own, the same for every route. */
export function missingScopeBody(scope: Scope): string {
  const message = `missing scope: ${scope}`;
  const error = { type: httpErrors.missingScope.type, message, details: missingScopeDetails(scope) };
  return JSON.stringify({ ok: false, error });
}
