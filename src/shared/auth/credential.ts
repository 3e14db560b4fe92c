/**
 * Comparing secrets: only salted digests are held and compared, in constant time, so that neither
 * length nor content of the right one shows. Workers get the digest, never the secret.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A secret that can be checked but not read. Travels to workers. */
export interface CredentialDigest {
  readonly salt: string;
  readonly digest: string;
}

export function digestCredential(secret: string): CredentialDigest {
  const salt = randomBytes(16).toString('hex');
  return { salt, digest: salted(salt, secret).toString('hex') };
}

/** A check bound to one digest, with its bytes decoded once. */
export function credentialCheck(credential: CredentialDigest): (candidate: string) => boolean {
  const expected = Buffer.from(credential.digest, 'hex');
  return (candidate) => timingSafeEqual(salted(credential.salt, candidate), expected);
}

/** One-shot hashing: several times cheaper than a hash object, and this is on every request's path. */
function salted(salt: string, secret: string): Buffer {
  return hash('sha256', salt + secret, 'buffer');
}
