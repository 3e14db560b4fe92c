/** The other side of a webhook account: signs what it sends to the gateway, and takes what the gateway sends. */
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import { sign, signatureCheck, signingKey } from '../../src/shared/channels/standard-webhooks.js';
import { freePort } from './gateway.js';
import { requestOnce, type OnceAnswer } from './request-once.js';

export const WEBHOOK_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const keys = [signingKey(WEBHOOK_SECRET) ?? ''];

export interface SignedPost {
  readonly id?: string;
  /** Seconds by which its clock is off. */
  readonly off?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly account?: string;
}

/** A message of `sender`, or any body. */
export function postSigned(
  gateway: { readonly url: string },
  content: object | string,
  { id = `msg_${randomUUID()}`, off = 0, headers = {}, account = 'default' }: SignedPost = {},
): Promise<OnceAnswer> {
  const body = typeof content === 'string' ? content : JSON.stringify(content);
  const seconds = Math.floor(Date.now() / 1000) + off;
  return requestOnce(`${gateway.url}/channels/webhook/${account}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...sign(body, { id, seconds }, keys), ...headers },
    body,
  });
}

export function messageOf(sender: string, text: string, over: object = {}): object {
  return { conversation: { kind: 'direct', id: sender }, sender: { id: sender }, text, ...over };
}

export interface Delivered {
  readonly id: string;
  readonly conversation: { readonly kind: string; readonly id: string };
  readonly text: string;
  /** Clock of `performance.now()`. */
  readonly at: number;
}

export interface WebhookReceiver {
  readonly url: string;
  /** Requests, repeats too; those that were not signed are not among them. */
  readonly requests: Delivered[];
  /** What a receiver has that knows repeats, in order. */
  taken(conversation: string): string[];
  /** Answers instead of 200; undefined for 200 … */
  answer: ((delivered: Delivered, response: ServerResponse) => boolean) | undefined;
  down(): Promise<void>;
  up(): Promise<void>;
}

export async function startReceiver(): Promise<WebhookReceiver> {
  const port = await freePort();
  let server: Server | undefined;
  const taken = new Map<string, Delivered>();
  const take = (headers: IncomingHttpHeaders, body: string, response: ServerResponse): void => {
    const genuine = signatureCheck(keys, headers as Record<string, string>, Date.now() / 1000)?.(body);
    const value = JSON.parse(body) as Omit<Delivered, 'at'>;
    if (genuine !== true || headers['webhook-id'] !== value.id) {
      response.writeHead(401).end();
      return;
    }
    const delivered = { ...value, at: performance.now() };
    receiver.requests.push(delivered);
    if (receiver.answer?.(delivered, response) === true) return;
    if (!taken.has(delivered.id)) taken.set(delivered.id, delivered);
    response.end();
  };
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${port}/in`,
    requests: [],
    answer: undefined,
    taken: (conversation) =>
      [...taken.values()].filter((one) => one.conversation.id === conversation).map(({ text }) => text),
    async down() {
      const closing = server;
      server = undefined;
      closing?.closeAllConnections();
      await new Promise<void>((done) => void (closing ? closing.close(() => done()) : done()));
    },
    async up() {
      const opening = createServer((request, response) => {
        let body = '';
        request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        request.on('end', () => take(request.headers, body, response));
      });
      await new Promise<void>((done) => void opening.listen(port, '127.0.0.1', done));
      server = opening;
    },
  };
  await receiver.up();
  return receiver;
}
