/**
 * Ends TLS on connections that somebody else has accepted. It never listens; what has been read of a connection is put
 * back before its handshake begins. Certificates change without touching connections that are there already.
 */
import { createSecureContext, createServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { Socket } from 'node:net';
import { portLimits, tlsLimits } from '../limits.js';
import type { Logger } from '../log/logger.js';

/** What it takes to end TLS; travels to workers. */
export interface TlsMaterial {
  /** PEM, as `key` and `ca`. */
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
  /** Common to all processes, so that a client may resume with another one. */
  readonly ticketKeys: Uint8Array;
}

export interface TlsEnd {
  /** `head` is what has been read of the connection. */
  adopt(socket: Socket, head: Buffer): void;
  /** For handshakes from now on. */
  renew(material: TlsMaterial): void;
}

export interface TlsEndOptions {
  readonly log: Logger;
  /** The handshake is done. */
  secured(socket: TLSSocket): void;
}

/** @throws when a certificate and its key cannot be used together */
export function requireUsable(material: Omit<TlsMaterial, 'ticketKeys'>): void {
  createSecureContext(contextOf(material));
}

export function createTlsEnd(material: TlsMaterial, { log, secured }: TlsEndOptions): TlsEnd {
  /** By their other end, oldest first. */
  const handshakes = new Map<string, Socket>();
  const server = createServer({
    ...serverOptions(material),
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: portLimits.headerTimeoutMs,
  });
  server.on('secureConnection', (socket) => {
    handshakes.delete(endOf(socket));
    secured(socket);
  });
  server.on('tlsClientError', (error, socket) => {
    log.debug('tls.handshake', error.message, { remote: socket.remoteAddress });
    socket.destroy();
  });
  return {
    adopt(socket, head) {
      const end = endOf(socket);
      handshakes.set(end, socket);
      socket.once('close', () => void (handshakes.get(end) === socket && handshakes.delete(end)));
      if (handshakes.size > tlsLimits.handshakes) {
        const [oldest] = handshakes.values();
        oldest?.destroy();
      }
      socket.unshift(head);
      server.emit('connection', socket);
    },
    renew: (next) => server.setSecureContext(serverOptions(next)),
  };
}

function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function serverOptions(material: TlsMaterial): SecureContextOptions & { ticketKeys: Buffer } {
  return { ...contextOf(material), ticketKeys: Buffer.from(material.ticketKeys) };
}

function contextOf({ cert, key, ca }: Omit<TlsMaterial, 'ticketKeys'>): SecureContextOptions {
  // Together with `cert`, so that the chain is sent whole: as `ca` it would be for the certificates of clients.
  return { cert: ca === undefined ? cert : `${cert.trimEnd()}\n${ca}`, key, minVersion: 'TLSv1.2' };
}
