/**
 * The HTTP baseline: what one Node process can do that reads a request, makes the same upstream call and passes the answer
 * on. No auth, no validation, no metrics. Arguments: the upstream's origin, and the client to call it with: `undici`, which
 * the gateway uses too, or `node:http`.
 */
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Pool } from 'undici';
import { announce, endWithParent } from './child-lifetime.js';

/** As many upstream connections as the gateway may open to one provider. */
const upstreamConnections = 256;

const [, , origin, client] = process.argv;
if (origin === undefined || (client !== 'undici' && client !== 'node:http')) {
  throw new Error('usage: baseline-http-proxy.js <upstream origin> undici|node:http');
}
const upstreamUrl = new URL(origin);
const agent = new Agent({ keepAlive: true, maxSockets: upstreamConnections });
const pool = new Pool(origin, { connections: upstreamConnections, pipelining: 1, bodyTimeout: 0 });

/** Events instead of `for await`, which costs measurably more: the baseline is not to be beaten by being slow. */
function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', reject);
  });
}

async function forwardWithNodeHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  const upstream = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = httpRequest({
      host: upstreamUrl.hostname,
      port: upstreamUrl.port,
      agent,
      method: 'POST',
      path: request.url,
      headers: { 'content-type': 'application/json', 'content-length': body.length },
    });
    call.once('response', resolve).once('error', reject).end(body);
  });
  const { 'content-type': contentType = '', 'content-length': length } = upstream.headers;
  response.writeHead(upstream.statusCode ?? 502, {
    'content-type': contentType,
    ...(length === undefined ? {} : { 'content-length': length }),
  });
  // `pipe`, not `pipeline`: that alone halved the rate, and the baseline is not to be beaten by being slow.
  upstream.pipe(response);
}

async function forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const upstream = await pool.request({
    method: 'POST',
    path: request.url ?? '/',
    headers: { 'content-type': 'application/json' },
    body: await readBody(request),
  });
  const contentType = String(upstream.headers['content-type']);
  if (contentType.startsWith('text/event-stream')) {
    response.writeHead(upstream.statusCode, { 'content-type': contentType });
    await pipeline(upstream.body, response);
  } else {
    const body = Buffer.from(await upstream.body.arrayBuffer());
    response.writeHead(upstream.statusCode, { 'content-type': contentType, 'content-length': body.length });
    response.end(body);
  }
}

const server = createServer((request, response) => {
  const forwarded = client === 'undici' ? forward : forwardWithNodeHttp;
  forwarded(request, response).catch((error: unknown) => {
    // Clients hang up when a round is over; anything else shows as failed requests in the round's result.
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end(String(error));
  });
});

endWithParent();
server.listen(0, '127.0.0.1', 1_024, () => {
  void announce({ port: (server.address() as AddressInfo).port });
});
