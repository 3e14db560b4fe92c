/** An HTTP client that is nothing but a socket: for what ordinary clients never send, or never in such pieces. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { TOKEN } from './gateway.js';
import { waitFor, within } from './wait-for.js';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawConnection {
  /** Resolves when the bytes have been given to the kernel. */
  write(bytes: string | Buffer): Promise<void>;
  /** Ends the sending side only. */
  halfClose(): void;
  /** What has come, as it came. */
  received(): string;
  /** Final answers that have come whole, in order. */
  answers(): RawAnswer[];
  /** Resolves with the first `count` answers. */
  answered(count: number, deadlineMs?: number): Promise<RawAnswer[]>;
  /** Resolves when the other end has closed its side. */
  readonly ended: Promise<void>;
  /** Resolves when it is closed on both sides, or broken. */
  readonly closed: Promise<void>;
  /** Why it broke; undefined while it has not. */
  failure(): Error | undefined;
  /** The socket, for another reader, who must start at once: this one does not listen any more. */
  release(): Socket;
  destroy(): void;
}

export async function openRaw(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  await within('raw connection', once(socket, 'connect'));
  return readRaw(socket);
}

/** On a connection that there is already. */
export function readRaw(socket: Socket): RawConnection {
  let text = '';
  const onData = (chunk: Buffer): void => void (text += chunk.toString('latin1'));
  let failure: Error | undefined;
  const onError = (error: Error): void => {
    failure ??= error;
    socket.destroy();
  };
  socket.on('data', onData).on('error', onError);
  const ended = new Promise<void>((resolve) => {
    socket.once('end', () => resolve()).once('close', () => resolve());
  });
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  const answers = (): RawAnswer[] => parseAnswers(text);
  return {
    write(bytes) {
      return new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
    },
    halfClose: () => void socket.end(),
    received: () => text,
    answers,
    answered: (count, deadlineMs) =>
      waitFor(
        `answer ${count}`,
        () => {
          const whole = answers();
          return whole.length >= count && whole.slice(0, count);
        },
        deadlineMs,
      ),
    ended,
    closed,
    failure: () => failure,
    release() {
      socket.off('data', onData).off('error', onError).removeAllListeners('end').removeAllListeners('close');
      socket.allowHalfOpen = false;
      return socket;
    },
    destroy: () => void socket.destroy(),
  };
}

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The bytes of a request with the gateway's token. */
export function rawRequest(request: RawRequest = {}): string {
  const { method = 'GET', path = '/healthz', headers = {}, body } = request;
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: gateway.test', `Authorization: Bearer ${TOKEN}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (body !== undefined)
    lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`);
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
}

export interface RawChat {
  readonly headers?: Readonly<Record<string, string>>;
  readonly stream?: boolean;
}

export function rawChat(content: string, { headers = {}, stream = false }: RawChat = {}): string {
  const body = JSON.stringify({ model: 'pllan', stream, messages: [{ role: 'user', content }] });
  return rawRequest({ method: 'POST', path: '/v1/chat/completions', headers, body });
}

/** What the model said in an answer. */
export function contentOf(answer: { readonly body: string }): string | undefined {
  const { choices } = JSON.parse(answer.body) as {
    choices?: readonly { readonly message: { readonly content: string } }[];
  };
  return choices?.[0]?.message.content;
}

/** Whole answers at the start of the text; interim ones (1xx) are left out. */
function parseAnswers(text: string): RawAnswer[] {
  const found: RawAnswer[] = [];
  let at = 0;
  for (;;) {
    const headEnd = text.indexOf('\r\n\r\n', at);
    if (headEnd < 0) return found;
    const [statusLine = '', ...fields] = text.slice(at, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
    if (Number.isNaN(status)) throw new Error(`not an HTTP answer: ${text.slice(at, at + 200)}`);
    const headers = Object.fromEntries(fields.map(splitField));
    const start = headEnd + 4;
    const body = status < 200 ? { text: '', end: start } : takeBody(text, start, headers);
    if (!body) return found;
    if (status >= 200) found.push({ status, headers, body: Buffer.from(body.text, 'latin1').toString() });
    at = body.end;
  }
}

function splitField(field: string): [string, string] {
  const colon = field.indexOf(':');
  return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
}

function takeBody(
  text: string,
  start: number,
  headers: Readonly<Record<string, string>>,
): { readonly text: string; readonly end: number } | undefined {
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(text, start);
  const end = start + Number(headers['content-length'] ?? 0);
  return end <= text.length ? { text: text.slice(start, end), end } : undefined;
}

function takeChunks(
  text: string,
  start: number,
): { readonly text: string; readonly end: number } | undefined {
  let body = '';
  let at = start;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (end > text.length) return undefined;
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = end;
    if (size === 0) return { text: body, end };
  }
}
