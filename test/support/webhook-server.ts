/** A server that others post to, on a public internet that is this machine. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface WebhookServer {
  readonly url: string;
  /** `PLLAN_TEST_NETWORK` of a gateway that is to find it. */
  readonly network: string;
  /** Since the last `reset`. */
  readonly posted: readonly {
    readonly headers: IncomingHttpHeaders;
    readonly body: Record<string, unknown>;
  }[];
  /** What it answers, one after another; 204 when there is no more. */
  answerWith(...statuses: readonly number[]): void;
  reset(): void;
  stop(): void;
}

export async function startWebhookServer(): Promise<WebhookServer> {
  const host = 'hook.test';
  let posted: { headers: IncomingHttpHeaders; body: Record<string, unknown> }[] = [];
  let answers: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      posted.push({ headers: request.headers, body });
      response.writeHead(answers.shift() ?? 204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/in?key=hidden`,
    network: JSON.stringify({ public: ['127.0.0.1'], hosts: { [host]: [['127.0.0.1']] } }),
    get posted() {
      return posted;
    },
    answerWith: (...statuses) => void (answers = [...statuses]),
    reset: () => ([posted, answers] = [[], []]),
    stop: () => void server.close(),
  };
}
