/**
 * Calls of the Bot API: grammY's types and encoding over our own connections, since what may be sent again depends on
 * whether a request that failed had left. It is the build for browsers, which brings no HTTP client along: the
 * other takes eight times as long to load. Nothing that is thrown here holds the bot's token.
 */
import { Api, GrammyError, HttpError, type ApiClientOptions, type RawApi } from 'grammy/web';
import { toError } from '../../../shared/to-error.js';
import { deadlineFor } from './deadline.js';
import { telegramLimits } from './limits.js';
import { createTransport, TransportError, type Transport, type TransportRequest } from './transport.js';

/** A call was not answered with a result. */
export class CallFailure extends Error {
  readonly how:
    | {
        /** The server said no. */
        readonly kind: 'answered';
        readonly code: number;
        readonly description: string;
        readonly retryAfterMs: number | undefined;
      }
    /** Nothing has left. */
    | { readonly kind: 'unsent' }
    /** It may have done what was asked. */
    | { readonly kind: 'unanswered' };

  constructor(method: string, message: string, how: CallFailure['how']) {
    super(`${method}: ${message}`);
    this.name = 'CallFailure';
    this.how = how;
  }
}

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

export interface BotApi {
  /** @throws CallFailure */
  call<M extends Method>(method: M, params: Params<M>, options: CallOptions): Promise<Result<M>>;
  /** A file that `getFile` named, of at most so many bytes. @throws Error */
  download(path: string, maxBytes: number, signal: AbortSignal): Promise<Uint8Array>;
}

type Method = keyof RawApi;
type Params<M extends Method> = Parameters<RawApi[M]>[0] extends AbortSignalLike
  ? Record<string, never>
  : NonNullable<Parameters<RawApi[M]>[0]>;
type Result<M extends Method> = Awaited<ReturnType<RawApi[M]>>;
type AbortSignalLike = Parameters<RawApi['getMe']>[0];

export function openBotApi(token: string, apiRoot: string): BotApi {
  const root = apiRoot.replace(/\/+$/, '');
  const transport = createTransport(root);
  const api = new Api(token, { apiRoot: root, fetch: fetchOver(transport) });
  const hidden = (text: string): string => text.replaceAll(token, '***');
  return {
    async call<M extends Method>(method: M, params: Params<M>, options: CallOptions): Promise<Result<M>> {
      const { signal, timeoutMs = telegramLimits.callMs } = options;
      const deadline = deadlineFor(signal, timeoutMs);
      const invoke = api.raw[method] as (...given: readonly unknown[]) => Promise<unknown>;
      try {
        // grammY's methods without parameters take the signal alone.
        const given = withoutParams.has(method) ? [] : [params];
        const result = await invoke(...given, deadline.signal);
        return result as Result<M>;
      } catch (caught) {
        throw failure(method, caught, deadline.isLate, hidden);
      } finally {
        deadline.end();
      }
    },
    async download(path, maxBytes, signal) {
      const deadline = deadlineFor(signal, telegramLimits.downloadMs);
      const url = `${root}/file/bot${token}/${encodeURI(path)}`;
      try {
        const { status, bytes } = await transport(url, { signal: deadline.signal }, maxBytes);
        if (status !== 200) throw new Error(`download: ${status}`);
        return bytes;
      } finally {
        deadline.end();
      }
    },
  };
}

const withoutParams: ReadonlySet<string> = new Set(['getMe', 'getWebhookInfo', 'logOut', 'close']);

/** What grammY asks of `fetch`, which is little. */
function fetchOver(request: Transport): NonNullable<ApiClientOptions['fetch']> {
  const fetch = async (url: string, init: TransportRequest): Promise<{ json(): Promise<unknown> }> => {
    const { status, bytes } = await request(url, init, telegramLimits.answerBytes);
    return { json: () => Promise.resolve(readAnswer(status, bytes)) };
  };
  return fetch;
}

/** A proxy on the way answers in its own manner, by the status alone. */
function readAnswer(status: number, bytes: Buffer): unknown {
  try {
    const answer = JSON.parse(bytes.toString('utf8')) as { readonly ok?: unknown } | null;
    if (typeof answer?.ok === 'boolean') return answer;
  } catch {
    // Not of the server.
  }
  if (status < 300) throw new TransportError(true, 'an answer that is not of the Bot API');
  return { ok: false, error_code: status, description: 'an answer that is not of the Bot API' };
}

function failure(
  method: string,
  caught: unknown,
  late: boolean,
  hidden: (text: string) => string,
): CallFailure {
  if (caught instanceof GrammyError) {
    const { error_code: code, description, parameters } = caught;
    const { retry_after: seconds, migrate_to_chat_id: movedTo } = parameters;
    const told = hidden(movedTo === undefined ? description : `${description}, its id is now ${movedTo}`);
    return new CallFailure(method, `${code} ${told}`, {
      kind: 'answered',
      code,
      description: told,
      retryAfterMs: seconds === undefined ? undefined : seconds * 1000,
    });
  }
  const error = caught instanceof HttpError ? caught.error : caught;
  const sent = !(error instanceof TransportError) || error.sent;
  const reason = late ? 'no answer in time' : toError(error).message;
  return new CallFailure(method, hidden(reason), { kind: sent ? 'unanswered' : 'unsent' });
}
