/** A certificate of the gateway's own, for its names and addresses. Its library is loaded only where one is made. */
import { randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { tlsLimits } from '../../shared/limits.js';

export interface SelfSigned {
  /** PEM, as `key`. */
  readonly cert: string;
  readonly key: string;
}

const hostName = /^[a-z\d](?:[a-z\d.-]*[a-z\d])?$/i;
const DAY_MS = 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** @param names host names and addresses that it is for; what is neither is left out */
export async function makeSelfSigned(names: readonly string[], now: Date): Promise<SelfSigned> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const subjects = [...new Set(names)]
    .map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }))
    .filter(({ type, value }) => type === 'ip' || hostName.test(value));
  const cert = await x509.X509CertificateGenerator.createSelfSigned(
    {
      // Positive, whatever the random bits are.
      serialNumber: `00${randomBytes(16).toString('hex')}`,
      name: 'CN=pllan gateway',
      // Clocks of clients may be a little behind.
      notBefore: new Date(now.getTime() - DAY_MS),
      notAfter: new Date(now.getTime() + tlsLimits.validDays * DAY_MS),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(subjects),
      ],
    },
    webcrypto,
  );
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    cert: `${cert.toString('pem')}\n`,
    key: x509.PemConverter.encode(key, x509.PemConverter.PrivateKeyTag) + '\n',
  };
}
