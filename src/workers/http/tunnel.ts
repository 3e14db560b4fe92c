/**
 * The worker's end of the tunnel: hands what belongs to the primary back to it over a Unix socket. The
 * first line names the real peer; the primary believes that line, never a header.
 */
import { accessSync, chmodSync, constants } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { isForwardingHeader } from '../../shared/auth/address.js';
import { ApiError } from '../../shared/errors/api-error.js';
import { rebuildHead } from '../../shared/http/upgrade.js';
import type { TunnelAddress, TunnelPreamble } from '../../shared/ipc.js';
import { httpLimits } from '../../shared/limits.js';
import { dropBody } from './body.js';
import type { Exchange } from './exchange.js';

/** Joins an upgraded connection with the primary: bytes both ways until one side ends. */
export function tunnelUpgrade(
  request: IncomingMessage,
  client: Duplex,
  rest: Buffer,
  address: TunnelAddress,
): void {
  const primary = openTunnel(address, request.socket, request.socket.remoteAddress ?? '');
  const end = (): void => {
    client.destroy();
    primary.destroy();
  };
  primary.once('connect', () => {
    primary.write(rebuildHead(request, []), 'latin1');
    if (rest.length > 0) primary.write(rest);
    client.pipe(primary).pipe(client);
  });
  for (const socket of [client, primary]) socket.on('error', end).once('close', end);
}

/** What the primary's paths look at; nothing else of a stranger's request goes on. */
const carriedHeaders = new Set(['host', 'authorization', 'accept', 'origin']);

/** Carries one plain request, without a body, to the primary and its answer back; the client's connection stays usable. */
export function forwardRequest(exchange: Exchange, address: TunnelAddress): void {
  const { request, response, peer } = exchange;
  const passedOn = Object.entries(request.headers).filter(
    ([name]) => carriedHeaders.has(name) || isForwardingHeader(name),
  );
  const onward = httpRequest({
    createConnection: () => openTunnel(address, request.socket, peer),
    method: request.method,
    path: request.url,
    headers: Object.fromEntries(passedOn),
  });
  onward.setTimeout(httpLimits.bodyTimeoutMs, () => onward.destroy(new Error('no answer from the primary')));
  onward.once('error', () => {
    if (response.headersSent) response.destroy();
    else exchange.sendError(new ApiError('serviceUnavailable', { retryAfter: '1' }));
  });
  onward.once('response', (answer) => {
    const { connection: _hop, 'keep-alive': _alive, ...passed } = answer.headers;
    exchange.begin();
    const last = exchange.last ? { connection: 'close' } : {};
    response.writeHead(answer.statusCode ?? 502, { ...passed, ...last });
    answer.pipe(response);
  });
  onward.end();
  dropBody(request);
}

function openTunnel(address: TunnelAddress, client: Socket, peer: string): Socket {
  const preamble: TunnelPreamble = { secret: address.secret, peer, tls: client instanceof TLSSocket };
  makeOpenable(address.path);
  const socket = connect(address.path);
  socket.setTimeout(httpLimits.tunnelConnectMs, () =>
    socket.destroy(new Error('the primary does not take tunnels')),
  );
  socket.once('connect', () => socket.setTimeout(0));
  socket.write(`${JSON.stringify(preamble)}\n`);
  return socket;
}

/** Whoever takes the write permission off the state dir means its files: probes of kept-alive connections go on. */
function makeOpenable(path: string): void {
  if (process.platform === 'win32') return;
  try {
    accessSync(path, constants.W_OK);
  } catch {
    try {
      chmodSync(path, 0o600);
    } catch {
      // It is not there, and connecting says so.
    }
  }
}
