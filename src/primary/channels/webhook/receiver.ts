/**
 * Whoever takes what agents say: one signed POST for each part, to the address that the operator wrote down and nowhere
 * else. A part's id is the request's `webhook-id`, by which its receiver knows a repeat; so whatever is not answered may
 * be sent again, and an answer that was lost is no reason to give a part up.
 */
import { randomUUID } from 'node:crypto';
import requestOn from 'undici/lib/api/api-request.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { sign } from '../../../shared/channels/standard-webhooks.js';
import { retryAfterMs } from '../../../shared/http/retry-after.js';
import { errorCode, toError } from '../../../shared/to-error.js';
import { ChannelError, SendError, type OutboundPart, type SentPart } from '../channel.js';
import { webhookLimits } from './limits.js';

export interface ReceiverOptions {
  readonly url: string;
  readonly keys: readonly string[];
  readonly accountId: string;
  readonly timeoutMs: number;
}

export interface Receiver {
  /** @throws SendError */
  send(part: OutboundPart, signal: AbortSignal): Promise<SentPart>;
  /** @throws ChannelError */
  ping(signal: AbortSignal): Promise<void>;
  /** Idle connections are closed; the next request opens one. */
  disconnect(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
}

export function createReceiver({ url, keys, accountId, timeoutMs }: ReceiverOptions): Receiver {
  const { origin, pathname, search } = new URL(url);
  let pool: Pool | undefined;
  const post = async (id: string, content: object, signal: AbortSignal): Promise<Answer> => {
    const { connections } = webhookLimits;
    pool ??= new Pool(origin, { connections, connect: { timeout: timeoutMs } });
    const body = JSON.stringify(content);
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const answer = await requestOn.call(pool, {
      path: pathname + search,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'pllan',
        ...sign(body, { id, seconds: Math.floor(Date.now() / 1000) }, keys),
      },
      body,
      signal: deadline,
    });
    // Read so that the connection can be used again; what it says does not matter.
    await answer.body.dump({ limit: webhookLimits.answerBytes, signal: deadline }).catch(() => {});
    const header = answer.headers['retry-after'];
    const told = retryAfterMs(typeof header === 'string' ? header : undefined, Date.now());
    return { status: answer.statusCode, retryAfterMs: told };
  };

  return {
    async send(part, signal) {
      const answer = await post(part.id, contentOf(part, accountId), signal).catch((caught: unknown) => {
        throw new SendError('not-sent', `the receiver did not answer: ${causeOf(caught)}`);
      });
      const trouble = troubleOf(answer);
      if (trouble) throw trouble;
      return { messageId: part.id };
    },
    async ping(signal) {
      const content = { type: 'ping', accountId };
      const { status } = await post(`ping_${randomUUID()}`, content, signal).catch((caught: unknown) => {
        throw new ChannelError('lost', `the receiver did not answer: ${causeOf(caught)}`);
      });
      if (status < 200 || status > 299) throw new ChannelError('lost', `the receiver answered ${status}`);
    },
    async disconnect() {
      const closing = pool;
      pool = undefined;
      await closing?.close();
    },
  };
}

function contentOf({ id, route, text, media, replyToId, silent }: OutboundPart, accountId: string): object {
  const { kind, id: conversation, threadId } = route;
  return {
    type: 'message',
    id,
    accountId,
    conversation: { kind, id: conversation, threadId },
    text,
    media,
    replyToId,
    silent,
  };
}

/** What an answer says that is none of success. */
function troubleOf({ status, retryAfterMs }: Answer): SendError | undefined {
  if (status >= 200 && status <= 299) return undefined;
  const message = `the receiver answered ${status}`;
  if (status >= 500 || status === 429 || status === 408 || status === 425)
    return new SendError('not-sent', message, retryAfterMs === undefined ? {} : { retryAfterMs });
  return new SendError(
    'refused',
    status < 400 ? `${message}; it is not asked elsewhere: set the address that is meant` : message,
  );
}

function causeOf(caught: unknown): string {
  const error = toError(caught);
  if (error.name === 'TimeoutError') return 'no answer in time';
  return errorCode(error) ?? error.message;
}
