/**
 * The WebSocket baseline: one Node process that parses each message and sends it back. No handshake, no methods.
 */
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type RawData } from 'ws';
import { announce, endWithParent } from './child-lifetime.js';

endWithParent();
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false }, () => {
  void announce({ port: (server.address() as AddressInfo).port });
});

server.on('connection', (socket) => {
  socket.on('message', (data: RawData) => {
    const message: unknown = JSON.parse((data as Buffer).toString());
    socket.send(JSON.stringify(message));
  });
  socket.on('error', () => socket.terminate());
});
