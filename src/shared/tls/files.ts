/** Which files hold the gateway's certificate: told the same way to the gateway and to its command line. */
import { join } from 'node:path';
import type { TlsConfig } from '../config/tls-schema.js';
import { expandHome, type Paths } from '../paths.js';

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
  /** The gateway makes them itself. */
  readonly own: boolean;
}

export function tlsFiles({ certPath, keyPath, caPath }: TlsConfig, { tlsDir, home }: Paths): TlsFiles {
  const configured = (path: string | null): string | undefined =>
    path === null || path.trim() === '' ? undefined : expandHome(path.trim(), home);
  const cert = configured(certPath);
  const key = configured(keyPath);
  const ca = configured(caPath);
  if (cert !== undefined && key !== undefined) return { cert, key, ca, own: false };
  return { cert: join(tlsDir, 'gateway-cert.pem'), key: join(tlsDir, 'gateway-key.pem'), ca, own: true };
}
