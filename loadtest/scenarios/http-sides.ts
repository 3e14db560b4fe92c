/** The servers that an HTTP load can be pointed at, each with the load that fits it. */
import type { Bench } from '../bench.js';
import { chatBody, chatPath, responseBody, responsesPath } from '../chat-request.js';
import type { Gateway } from '../gateway.js';
import type { Side } from '../rounds.js';

export interface HttpLoadShape {
  readonly connections: number;
  readonly stream: boolean;
}

/** What every good answer contains: the end of a stream, or the choices of a completion. */
function expected(shape: HttpLoadShape): string {
  return shape.stream ? 'data: [DONE]' : '"choices"';
}

export async function gatewaySide(bench: Bench, shape: HttpLoadShape): Promise<Side> {
  return gatewayAsSide(bench, await bench.gateway(), shape);
}

export function gatewayAsSide(bench: Bench, { pid, url, token }: Gateway, shape: HttpLoadShape): Side {
  return side(bench, shape, pid, url, token, 'pllan');
}

/** The same through the gateway's API of responses, which asks the upstream for a chat completion too. */
export async function responsesSide(bench: Bench, connections: number, store: boolean): Promise<Side> {
  const { pid, url, token } = await bench.gateway();
  return {
    pid,
    load: (durationMs) =>
      bench.runHttpLoad({
        url: `${url}${responsesPath}`,
        token,
        body: responseBody('pllan', store),
        connections,
        durationMs,
        expect: '"status":"completed"',
      }),
  };
}

export async function proxySide(bench: Bench, shape: HttpLoadShape): Promise<Side> {
  const { pid, port } = await bench.httpProxy();
  return side(bench, shape, pid, `http://127.0.0.1:${port}`, null, 'm-1');
}

export async function nodeHttpProxySide(bench: Bench, shape: HttpLoadShape): Promise<Side> {
  const { pid, port } = await bench.nodeHttpProxy();
  return side(bench, shape, pid, `http://127.0.0.1:${port}`, null, 'm-1');
}

/** The mock upstream itself, for what a hop adds. */
export async function directSide(bench: Bench, shape: HttpLoadShape): Promise<Side> {
  const { pid, port } = await bench.mockUpstream();
  return side(bench, shape, pid, `http://127.0.0.1:${port}`, null, 'm-1');
}

function side(
  bench: Bench,
  shape: HttpLoadShape,
  pid: number,
  url: string,
  token: string | null,
  model: string,
): Side {
  return {
    pid,
    load: (durationMs) =>
      bench.runHttpLoad({
        url: `${url}${chatPath}`,
        token,
        body: chatBody(model, shape.stream),
        connections: shape.connections,
        durationMs,
        expect: expected(shape),
      }),
  };
}
