/** An MCP server over HTTP in the test's own process, which does what the names of its tools say. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface Message {
  readonly id?: number;
  readonly method: string;
  readonly params: { readonly name?: string; readonly protocolVersion?: string };
}

export interface HttpMcpServer {
  readonly url: string;
  /** What it was asked, as `method` or `method tool`. */
  readonly asked: readonly string[];
  /** How often somebody came back for the rest of an answer. */
  readonly returns: number;
  /** Headers of the newest request. */
  readonly headers: IncomingMessage['headers'];
  stop(): Promise<void>;
}

const names = ['echo', 'hang', 'drop', 'forget', 'large', 'flood', 'redirect', 'break', 'put-off'];

export async function startHttpMcpServer(): Promise<HttpMcpServer> {
  const asked: string[] = [];
  let headers: IncomingMessage['headers'] = {};
  let opened = 0;
  let returns = 0;
  const sessions = new Set<string>();
  const server = createServer((request, response) => {
    headers = request.headers;
    if (request.method === 'POST') void take(request, response);
    else if (request.headers['last-event-id'] === undefined) response.writeHead(405).end();
    else {
      returns += 1;
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`id: ${returns}\ndata:\n\n`);
    }
  });
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const message = (await json(request)) as Message;
    const { id, method, params } = message;
    const session = String(request.headers['mcp-session-id']);
    asked.push(params?.name ? `${method} ${params.name}` : method);
    const give = (result: object, headers: object = {}): void => {
      response.writeHead(200, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    };
    if (method === 'initialize') {
      opened += 1;
      sessions.add(String(opened));
      const { protocolVersion } = params;
      const result = {
        protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'test', version: '1' },
      };
      give(result, { 'mcp-session-id': String(opened) });
    } else if (id === undefined) response.writeHead(202).end();
    else if (!sessions.has(session)) response.writeHead(404).end('no such session');
    else if (method === 'tools/list') give({ tools: names.map((name) => ({ name, inputSchema: {} })) });
    else if (method === 'tools/call') call(String(params.name), session, response, give);
    else give({});
  };
  const call = (
    name: string,
    session: string,
    response: ServerResponse,
    give: (result: object) => void,
  ): void => {
    switch (name) {
      case 'hang':
        return;
      case 'drop':
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': wait\n\n');
        setImmediate(() => response.destroy());
        return;
      case 'forget':
        sessions.delete(session);
        response.writeHead(404).end('no such session');
        return;
      case 'large':
        give({ content: [{ type: 'text', text: 'x'.repeat(13 * 1024 * 1024) }] });
        return;
      case 'flood': {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const more = (): void => {
          while (
            !response.destroyed &&
            response.write('data: {"jsonrpc":"2.0","method":"x"}\n\n'.repeat(100))
          );
          response.once('drain', more);
        };
        more();
        return;
      }
      case 'break':
      case 'put-off': {
        const retry = name === 'break' ? '0' : '9'.repeat(12);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(`retry: ${retry}\nid: 0\ndata:\n\n`);
        return;
      }
      case 'redirect':
        response.writeHead(307, { location: 'http://localhost:9/elsewhere' }).end();
        return;
      default:
        give({ content: [{ type: 'text', text: 'hi' }] });
    }
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    asked,
    get returns() {
      return returns;
    },
    get headers() {
      return headers;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
