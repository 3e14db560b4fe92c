/** Chat completions over `fetch`, and what comes back, taken apart. */
import { TOKEN, type TestGateway } from './gateway.js';

export const bearer = { authorization: `Bearer ${TOKEN}` } as const;

/** A request that any model can answer. */
export const greeting = { messages: [{ role: 'user', content: 'Hi' }] } as const;

/** Posts `body` as JSON; text goes as it is. */
export function postChat(
  gateway: Pick<TestGateway, 'url'>,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

export interface ToldError {
  readonly status: number;
  readonly type: string;
  readonly message: string;
}

/** Status and error of an answer that is one. */
export async function errorOf(response: Response): Promise<ToldError> {
  const { error } = (await response.json()) as { error: { message: string; type: string } };
  return { status: response.status, type: error.type, message: error.message };
}

export function invalidRequest(message: string): ToldError {
  return { status: 400, type: 'invalid_request_error', message };
}

export interface Chunk {
  readonly id?: string;
  readonly object?: string;
  readonly model?: string;
  readonly choices?: readonly {
    readonly delta: { readonly role?: string; readonly content?: string; readonly tool_calls?: unknown };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: Readonly<Record<string, number>>;
  readonly error?: Readonly<Record<string, unknown>>;
}

export interface ReadStream {
  /** Everything before the end mark, in order. */
  readonly chunks: readonly Chunk[];
  /** All content together. */
  readonly text: string;
  /** Times that the end mark came; it must be last. */
  readonly done: number;
}

/** Reads a stream to its end. @throws when it is not made of `data:` events, or goes on after the end mark */
export async function readStream(response: Response): Promise<ReadStream> {
  const body = await response.text();
  if (body !== '' && !body.endsWith('\n\n')) throw new Error(`cut off: …${body.slice(-80)}`);
  const data = body
    .split('\n\n')
    .filter((event) => event !== '' && !event.startsWith(':'))
    .map((event) => {
      if (!event.startsWith('data: ') || event.includes('\n')) throw new Error(`not one event: ${event}`);
      return event.slice('data: '.length);
    });
  const done = data.filter((text) => text === '[DONE]').length;
  if (done > 0 && data.at(-1) !== '[DONE]') throw new Error('the stream goes on after [DONE]');
  const chunks = data.filter((text) => text !== '[DONE]').map((text) => JSON.parse(text) as Chunk);
  const text = chunks.map(({ choices }) => choices?.[0]?.delta.content ?? '').join('');
  return { chunks, text, done };
}
