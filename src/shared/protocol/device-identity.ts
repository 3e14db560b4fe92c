/**
 * Device identity (protocol.md §8): an Ed25519 key pair, the id that follows from it, and the text that a `connect`
 * signs. The gateway verifies with it, our own client signs with it.
 */
import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

/** A device's public key in the forms in which it is needed. */
export interface DevicePublicKey {
  readonly key: KeyObject;
  /** The 32 raw bytes, base64url without padding: the form in which it is stored. */
  readonly text: string;
  readonly deviceId: string;
}

const RAW_BYTES = 32;

/** Reads base64url or base64 of the raw 32 bytes, or an SPKI PEM; undefined when it is none of them. */
export function readDevicePublicKey(text: string): DevicePublicKey | undefined {
  try {
    if (text.includes('-----BEGIN')) return describe(createPublicKey(text));
    const raw = decodeBase64(text);
    if (raw?.length !== RAW_BYTES) return undefined;
    return describe(
      createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' }),
    );
  } catch {
    return undefined; // whatever is wrong with it: it is not a key
  }
}

/** @throws Error when the key is not an Ed25519 one */
function describe(key: KeyObject): DevicePublicKey {
  const { crv, x } = key.export({ format: 'jwk' });
  if (crv !== 'Ed25519' || x === undefined) throw new Error('not an Ed25519 key');
  const deviceId = createHash('sha256').update(Buffer.from(x, 'base64url')).digest('hex');
  return { key, text: x, deviceId };
}

/** What a `connect` says of itself, as it was sent: nothing normalized (protocol.md §8.2). */
export interface SignedFacts {
  readonly deviceId: string;
  readonly clientId: string;
  readonly clientMode: string;
  readonly role: string;
  readonly scopes: readonly string[];
  readonly signedAtMs: number;
  readonly token: string;
  readonly nonce: string;
  readonly platform: string;
  readonly deviceFamily: string;
}

/** Versions that have a nonce; a verifier tries them in this order. */
export const signatureVersions = ['v3', 'v2'] as const;
export type SignatureVersion = (typeof signatureVersions)[number];

/** The text that is signed. */
export function signaturePayload(version: SignatureVersion, facts: SignedFacts): string {
  const { deviceId, clientId, clientMode, role, scopes, signedAtMs, token, nonce } = facts;
  const fields = [
    version,
    deviceId,
    clientId,
    clientMode,
    role,
    scopes.join(','),
    String(signedAtMs),
    token,
    nonce,
  ];
  if (version === 'v3') fields.push(plain(facts.platform), plain(facts.deviceFamily));
  return fields.join('|');
}

/** The signature of the newest form, base64url without padding. @param key Ed25519, private */
export function signFacts(facts: SignedFacts, key: KeyObject): string {
  return sign(null, Buffer.from(signaturePayload('v3', facts)), key).toString('base64url');
}

/** True when `signature` (base64url or base64) is the key's under any accepted form of the facts. */
export function signatureMatches(signature: string, facts: SignedFacts, { key }: DevicePublicKey): boolean {
  const bytes = decodeBase64(signature);
  if (!bytes) return false;
  return signatureVersions.some((version) =>
    verify(null, Buffer.from(signaturePayload(version, facts)), key, bytes),
  );
}

/** The token of a `connect` that its signature covers: the first that is there, never the password. */
export function signedToken(auth: SignedTokens | undefined): string {
  return auth?.token ?? auth?.deviceToken ?? auth?.bootstrapToken ?? '';
}

interface SignedTokens {
  readonly token?: string;
  readonly deviceToken?: string;
  readonly bootstrapToken?: string;
}

/** Trimmed, and ASCII letters in lower case: no locale's idea of it. */
function plain(text: string): string {
  return text.trim().replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function decodeBase64(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}
