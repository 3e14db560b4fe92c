/** Clients of a gateway that speaks TLS, which trust its own certificate and no other. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { TOKEN, type TestGateway } from './gateway.js';
import { within } from './wait-for.js';

export const withTls = { gateway: { tls: { enabled: true } } };

/** Where a gateway keeps the certificate that it made for itself. */
export function ownCertificate({ stateDir }: Pick<TestGateway, 'stateDir'>): { cert: string; key: string } {
  const dir = join(stateDir, 'gateway', 'tls');
  return { cert: join(dir, 'gateway-cert.pem'), key: join(dir, 'gateway-key.pem') };
}

/** A connection whose handshake is done. */
export async function connectTls(gateway: TestGateway, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { port } = gateway;
  const ca = options.ca ?? readFileSync(ownCertificate(gateway).cert);
  const asked = { host: '127.0.0.1', port, ca, allowHalfOpen: true, ...options };
  const socket = connect(asked);
  await within('TLS handshake', once(socket, 'secureConnect'));
  return socket;
}

export interface SecureAnswer {
  readonly status: number;
  readonly body: string;
}

/** One request on a connection of its own, with the gateway's token. */
export function askTls(
  gateway: TestGateway,
  { path, method = 'GET', body, ca }: { path: string; method?: string; body?: string; ca?: string | Buffer },
): Promise<SecureAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(gateway.url + path, {
      method,
      agent: false,
      ca: ca ?? readFileSync(ownCertificate(gateway).cert),
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    });
    asked.once('error', reject);
    asked.once('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject);
      answer.once('end', () =>
        resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      );
    });
    asked.end(body);
  });
}
