/**
 * The fan-out baseline: one `ws` server that sends a message to every open socket whenever one of them says anything. The
 * message is encoded once; its size is the first argument, so that both sides of a comparison send as many bytes.
 */
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { announce, endWithParent } from './child-lifetime.js';

endWithParent();
const message = Buffer.alloc(Number(process.argv[2]), 'x');
const server = new WebSocketServer(
  { host: '127.0.0.1', port: 0, perMessageDeflate: false, backlog: 1_024 },
  () => void announce({ port: (server.address() as AddressInfo).port }),
);

server.on('connection', (socket) => {
  socket.on('message', () => {
    for (const one of server.clients) one.send(message, { binary: false });
  });
  socket.on('error', () => socket.terminate());
});
