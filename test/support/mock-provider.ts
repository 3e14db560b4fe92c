/** A model provider for tests: a real HTTP server whose behaviour each test chooses. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ProviderCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Record<string, unknown>;
}

export interface MockProvider {
  readonly baseUrl: string;
  /** Requests so far. */
  readonly calls: readonly ProviderCall[];
  /** Requests whose connection the client has closed before the answer was complete. */
  readonly aborted: readonly ProviderCall[];
  /** Connections taken so far. */
  readonly connections: number;
  behave(behaviour: (call: ProviderCall) => void): void;
  stop(): Promise<void>;
}

export async function startMockProvider(
  behaviour: (call: ProviderCall) => void = answerJson('Hi there'),
): Promise<MockProvider> {
  let current = behaviour;
  const calls: ProviderCall[] = [];
  const aborted: ProviderCall[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as Record<string, unknown>;
      const call = { request, response, body };
      calls.push(call);
      response.once('close', () => {
        if (!response.writableFinished) aborted.push(call);
      });
      current(call);
    });
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    aborted,
    get connections() {
      return connections;
    },
    behave: (next) => void (current = next),
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

/** Config of a gateway that asks this provider by default. */
export function providerConfig(
  baseUrl: string,
  over: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const provider = {
    baseUrl,
    apiKey: 'sk-provider-key-000000',
    api: 'openai-completions',
    models: [{ id: 'm-1', name: 'M 1' }],
    ...over,
  };
  return {
    models: { providers: { mock: provider } },
    agents: { defaults: { model: { primary: 'mock/m-1' } } },
    // What a test makes the provider refuse is not to be kept from the next one.
    auth: { cooldowns: { firstMs: 1, maxMs: 1, authFirstMs: 1, authMaxMs: 1 } },
  };
}

export function answerJson(text: string): (call: ProviderCall) => void {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        id: 'x',
        object: 'chat.completion',
        choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      }),
    );
  };
}

/** One server-sent event of a stream. */
export function chunk(delta: Record<string, unknown>, finish: string | null = null): string {
  return `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
}

/** Streams the words, then finish, usage and `[DONE]`; a JSON answer when no stream was asked for. */
export function answerStream(words: readonly string[]): (call: ProviderCall) => void {
  return (call) => {
    if (call.body.stream !== true) {
      answerJson(words.join(''))(call);
      return;
    }
    const { response } = call;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const word of words) response.write(chunk({ content: word }));
    response.write(chunk({}, 'stop'));
    response.write(
      `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 3, completion_tokens: words.length } })}\n\n`,
    );
    response.end('data: [DONE]\n\n');
  };
}

export function answerStatus(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): (call: ProviderCall) => void {
  return ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}
