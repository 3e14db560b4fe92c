/**
 * Accepts every connection, reads its first bytes and gives it away. Bytes are taken in a way that libuv reads
 * nothing further: whatever is still in the kernel belongs to the process that gets the socket.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { normalizeAddress } from '../../shared/auth/address.js';
import { TEXT_TYPE } from '../../shared/http/headers.js';
import { answerAndLinger } from '../../shared/http/raw-answer.js';
import { portLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { unreachable } from '../../shared/unreachable.js';
import { classify, classifyTls, type TlsVerdict, type Verdict } from './classify.js';

export interface Recipients {
  /** WebSocket upgrades and the primary's own paths. */
  toPrimary(socket: Socket, head: Buffer, address: string): void;
  toWorker(socket: Socket, head: Buffer): void;
  /** TLS, whose handshake has just begun; where there is such a recipient, nothing but TLS is taken. */
  readonly tls: ((socket: Socket, head: Buffer) => void) | undefined;
}

export interface Listener {
  readonly server: Server;
  /** Connections whose recipient is not known yet. */
  readonly unclassified: number;
}

export function createListener(recipients: Recipients, log: Logger): Listener {
  const unclassified = new Map<Socket, () => void>();
  // highWaterMark 0: one read at a time, and none while a socket is on its way to a worker.
  const server = createServer({ highWaterMark: 0, noDelay: true, allowHalfOpen: true }, (socket) => {
    if (unclassified.size >= portLimits.unclassifiedConnections) {
      const [oldest] = unclassified.values();
      oldest?.();
    }
    sniff(socket);
  });

  const sniff = (socket: Socket): void => {
    let head: Buffer = Buffer.alloc(0);
    const settle = (): void => {
      unclassified.delete(socket);
      clearTimeout(deadline);
      socket.off('readable', onReadable).off('error', onError).off('end', drop).off('close', settle);
    };
    const refuse = (status: number, body: string): void => {
      settle();
      answerAndLinger(socket, { status, type: TEXT_TYPE, body });
    };
    const drop = (): void => {
      settle();
      socket.destroy();
    };
    const tooSlow = (): void => {
      log.debug('port.slow-header', 'connection closed: no complete header', {
        remote: socket.remoteAddress,
      });
      if (head.length === 0) drop();
      else refuse(408, 'Request Timeout');
    };
    const onError = (error: Error): void => {
      log.debug('port.socket', error.message);
      drop();
    };
    const onReadable = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      const verdict: Verdict | TlsVerdict = recipients.tls ? classifyTls(head) : classify(head);
      switch (verdict) {
        case 'more':
          socket.read(0); // asks for more: without it 'readable' never fires again
          return;
        case 'primary':
          settle();
          recipients.toPrimary(socket, head, normalizeAddress(socket.remoteAddress));
          return;
        case 'worker':
          settle();
          recipients.toWorker(socket, head);
          return;
        case 'tls':
          settle();
          recipients.tls?.(socket, head);
          return;
        case 'plain-http':
          log.warn('port.plain-http', 'plain HTTP on the TLS port was refused: use https:// or wss://', {
            remote: socket.remoteAddress,
          });
          refuse(400, 'This port speaks HTTPS only: use https:// or wss://');
          return;
        case 'too-large':
          refuse(431, 'Request Header Fields Too Large');
          return;
        case 'not-http':
        case 'not-tls':
          refuse(400, 'Bad Request');
          return;
        default:
          unreachable(verdict);
      }
    };
    const deadline = setTimeout(tooSlow, portLimits.headerTimeoutMs);
    unclassified.set(socket, tooSlow);
    socket.on('readable', onReadable).on('error', onError).once('end', drop).once('close', settle);
  };

  return {
    server,
    get unclassified() {
      return unclassified.size;
    },
  };
}
