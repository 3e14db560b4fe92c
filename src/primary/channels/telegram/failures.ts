/** What a failed call means to those who wait for it: an account that connects, or a part that is to be sent. */
import { ChannelError, SendError } from '../channel.js';
import { CallFailure } from './bot-api.js';

export function lostConnection(caught: unknown): ChannelError {
  if (caught instanceof ChannelError) return caught;
  const { how, cause, message } = told(caught);
  if (how.kind !== 'answered')
    return new ChannelError('lost', `Telegram does not answer: ${message}`, { cause });
  // 404: the token does not even have the form of one.
  if (how.code === 401 || how.code === 404)
    return new ChannelError('refused', `Telegram refuses the bot token: ${message}`, { cause });
  return new ChannelError('lost', `Telegram: ${message}`, { cause, ...retryAfter(how) });
}

export function sendFailure(caught: unknown): SendError {
  if (caught instanceof SendError) return caught;
  const { how, cause, message } = told(caught);
  if (how.kind === 'unsent') return new SendError('not-sent', message, { cause });
  if (how.kind === 'unanswered') return new SendError('unknown', message, { cause });
  return new SendError(kindOf(how.code), message, { cause, ...retryAfter(how) });
}

/**
 * What the server answers with an error it has not done. A gateway on the way to it that got no answer in time does not
 * know. A token that is refused may be replaced while the part waits.
 */
function kindOf(code: number): SendError['kind'] {
  if (code === 504) return 'unknown';
  return code === 429 || code === 401 || code === 404 || code >= 500 || code < 400 ? 'not-sent' : 'refused';
}

function told(caught: unknown): {
  readonly how: CallFailure['how'];
  readonly cause: Error;
  readonly message: string;
} {
  if (caught instanceof CallFailure) return { how: caught.how, cause: caught, message: caught.message };
  throw caught;
}

function retryAfter(how: Extract<CallFailure['how'], { kind: 'answered' }>): { retryAfterMs?: number } {
  return how.retryAfterMs === undefined ? {} : { retryAfterMs: how.retryAfterMs };
}
