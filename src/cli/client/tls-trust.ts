/** Which certificate of a gateway is believed (config.md §7, `remote.tlsFingerprint`). */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';
import type { Socket } from 'node:net';
import { tlsFiles } from '../../shared/tls/files.js';
import { plainFingerprint } from '../../shared/tls/fingerprint.js';
import { toError } from '../../shared/to-error.js';
import type { LocalSources } from './credentials.js';
import { isThisMachine } from './gateway-url.js';

/** A certificate that is believed because of what it is, whoever has signed it and for whatever name. */
export interface TlsTrust {
  /** SHA-256, as `plainFingerprint` gives it. */
  readonly fingerprint: string;
  /** No other one is. */
  readonly only: boolean;
}

/** Of `gateway.remote.url`. */
export function remoteTrust({ config }: LocalSources): TlsTrust | undefined {
  const { tlsFingerprint } = config.gateway.remote;
  return tlsFingerprint === null ? undefined : { fingerprint: plainFingerprint(tlsFingerprint), only: true };
}

/** On this machine: whoever has the key of the certificate that our own files hold is our own gateway. */
export function localTrust(url: URL, { config, paths }: LocalSources): TlsTrust | undefined {
  if (url.protocol !== 'wss:' || !isThisMachine(url)) return undefined;
  try {
    const { cert } = tlsFiles(config.gateway.tls, paths);
    const { fingerprint256 } = new X509Certificate(readFileSync(cert));
    return { fingerprint: plainFingerprint(fingerprint256), only: false };
  } catch (caught) {
    void toError(caught); // not ours to read, or none: what the system trusts counts alone
    return undefined;
  }
}

/** Why this connection is not to be trusted; undefined when it is. Its own check must have been put off. */
export function distrust(socket: Socket, trust: TlsTrust): string | undefined {
  const secured = socket as TLSSocket;
  const { fingerprint256 } = secured.getPeerCertificate();
  const shown = plainFingerprint(fingerprint256);
  if (shown === trust.fingerprint) return undefined;
  if (trust.only) return `its certificate is not the one of gateway.remote.tlsFingerprint (it is ${shown})`;
  return secured.authorized
    ? undefined
    : `its certificate is not trusted (${String(secured.authorizationError)})`;
}
