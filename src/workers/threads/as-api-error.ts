/** From what went wrong to what the client is told (http.md §7.2). The cause goes to the log only. */
import { ApiError } from '../../shared/errors/api-error.js';
import { toError } from '../../shared/to-error.js';
import { unreachable } from '../../shared/unreachable.js';
import { UpstreamFailure } from './upstream/failure.js';

export function asApiError(caught: unknown): ApiError {
  if (caught instanceof ApiError) return caught;
  if (!(caught instanceof UpstreamFailure)) return new ApiError('internal', { cause: toError(caught).stack });
  const cause = caught.message;
  const retryAfter = caught.retryAfter === undefined ? {} : { retryAfter: caught.retryAfter };
  switch (caught.reason) {
    case 'connection':
    case 'broken':
    case 'malformed':
    case 'reported':
    case 'aborted':
      return new ApiError('upstreamFailed', { cause, ...retryAfter });
    case 'connect-timeout':
    case 'first-byte-timeout':
    case 'idle-timeout':
    case 'turn-timeout':
      return new ApiError('upstreamTimeout', { cause, ...retryAfter });
    case 'status':
      return statusError(caught, cause, retryAfter);
    default:
      return unreachable(caught.reason);
  }
}

function statusError(
  { status = 0, text }: UpstreamFailure,
  cause: string,
  retryAfter: { readonly retryAfter?: string },
): ApiError {
  if (status === 429) return new ApiError('upstreamRateLimit', { cause, ...retryAfter });
  if (status === 401 || status === 403) return new ApiError('upstreamAuth', { cause });
  if ([400, 404, 413, 422].includes(status)) {
    return new ApiError('upstreamRejected', { cause, ...(text === undefined ? {} : { message: text }) });
  }
  return new ApiError('upstreamFailed', { cause, ...retryAfter });
}
