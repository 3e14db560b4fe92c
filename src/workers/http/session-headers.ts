/** What headers say of the session that a request is for, for every endpoint that starts runs (http.md §4, §5.2). */
import { createHash } from 'node:crypto';
import type { HttpAuthPolicy } from '../../shared/auth/http-auth.js';
import { ApiError } from '../../shared/errors/api-error.js';
import { clientRunLimits } from '../../shared/session-limits.js';
import type { SessionHeaders } from '../threads/protocol.js';
import { callerOf } from './caller.js';
import type { Exchange } from './exchange.js';
import { headerOf } from './header.js';

export interface KeyedEndpoint {
  /** Its path. */
  readonly name: string;
  /** What ids of its answers begin with. */
  readonly idPrefix: string;
}

/** Undefined when there are none; error 400 for a key that is too long. */
export function sessionHeaders(
  exchange: Exchange,
  endpoint: KeyedEndpoint,
  auth: HttpAuthPolicy,
): SessionHeaders | ApiError | undefined {
  const sessionKey = headerOf(exchange, 'x-pllan-session-key', 'x-openclaw-session-key');
  const key = headerOf(exchange, 'idempotency-key');
  const channel = headerOf(exchange, 'x-pllan-message-channel', 'x-openclaw-message-channel');
  const accountId = headerOf(exchange, 'x-pllan-account-id', 'x-openclaw-account-id');
  const to = headerOf(exchange, 'x-pllan-message-to', 'x-openclaw-message-to');
  const threadId = headerOf(exchange, 'x-pllan-thread-id', 'x-openclaw-thread-id');
  if (!(sessionKey ?? key ?? channel ?? accountId ?? to ?? threadId)) return undefined;
  if (key !== undefined && key.length > clientRunLimits.keyChars) {
    const message = `\`Idempotency-Key\` must not be longer than ${clientRunLimits.keyChars} characters.`;
    return new ApiError('invalidRequest', { message });
  }
  return {
    sessionKey,
    runId: key === undefined ? undefined : keyedRunId(key, endpoint, callerOf(exchange, auth)),
    caller: { channel, accountId, to, threadId },
  };
}

/** The same for the same key of the same caller at the same endpoint. */
function keyedRunId(key: string, { name, idPrefix }: KeyedEndpoint, caller: string): string {
  return `${idPrefix}_${idFrom(JSON.stringify([name, caller, key]))}`;
}

/** In the form of a UUID; the same for the same text. */
export function idFrom(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const [a, b, c, d, e] = [0, 8, 12, 16, 20].map((at, n, all) => hex.slice(at, all[n + 1] ?? 32));
  return `${a}-${b}-${c}-${d}-${e}`;
}
