/** `gateway.tls` of the config (config.md §7). */
import type convict from 'convict';
import { optional, text, truth } from './formats.js';

export interface TlsConfig {
  readonly enabled: boolean;
  readonly autoGenerate: boolean;
  readonly certPath: string | null;
  readonly keyPath: string | null;
  readonly caPath: string | null;
}

export const tlsSchema: convict.Schema<TlsConfig> = {
  enabled: { doc: 'Serve HTTPS and wss, and nothing else, on the port.', default: false, format: truth },
  autoGenerate: {
    doc: 'Make a self-signed certificate where none is configured.',
    default: true,
    format: truth,
  },
  certPath: optional(text, 'File with the certificate, its chain after it, as PEM.'),
  keyPath: optional(text, 'File with its private key, as PEM.'),
  caPath: optional(text, 'File with further certificates of its chain, as PEM.'),
};
