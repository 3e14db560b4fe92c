/**
 * Signed requests in the manner of the Standard Webhooks specification: HMAC-SHA256 over `id.timestamp.body`, which three
 * headers carry beside it. A secret is text, or `whsec_` and the key in base64.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export const signedHeaders = {
  id: 'webhook-id',
  timestamp: 'webhook-timestamp',
  signature: 'webhook-signature',
} as const;

export const signatureLimits = {
  /** Clocks may differ by so much, and a request may be under way for so long. */
  toleranceSeconds: 300,
  idChars: 256,
  /** Signatures of one request, each with another secret, that are looked at. */
  signatures: 8,
} as const;

/** The key of a secret, in base64; undefined when there is none in it. */
export function signingKey(secret: string): string | undefined {
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret);
  return key.length === 0 ? undefined : key.toString('base64');
}

export interface SignedRequest {
  readonly id: string;
  readonly seconds: number;
}

/** The headers that go with a body, one signature for each key. */
export function sign(body: string, { id, seconds }: SignedRequest, keys: readonly string[]) {
  return {
    [signedHeaders.id]: id,
    [signedHeaders.timestamp]: String(seconds),
    [signedHeaders.signature]: keys
      .map((key) => `v1,${digest(key, id, String(seconds), body).toString('base64')}`)
      .join(' '),
  };
}

/**
 * Whether a body is what was signed; undefined when no body can be: something is missing, or too old or new.
 * @param now seconds since the epoch
 */
export function signatureCheck(
  keys: readonly string[],
  headers: Readonly<Record<string, string | undefined>>,
  now: number,
): ((body: string) => boolean) | undefined {
  const id = headers[signedHeaders.id] ?? '';
  const timestamp = headers[signedHeaders.timestamp] ?? '';
  // A dot would let the boundary between id and time be moved.
  if (!/^[\x21-\x2d\x2f-\x7e]+$/.test(id) || id.length > signatureLimits.idChars) return undefined;
  if (!/^\d{1,12}$/.test(timestamp)) return undefined;
  if (Math.abs(now - Number(timestamp)) > signatureLimits.toleranceSeconds) return undefined;
  const shown = (headers[signedHeaders.signature] ?? '')
    .split(' ', signatureLimits.signatures)
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => Buffer.from(signature.slice('v1,'.length), 'base64'));
  if (shown.length === 0) return undefined;
  return (body) => {
    const right = keys.map((key) => digest(key, id, timestamp, body));
    return shown.some((one) =>
      right.some((other) => one.length === other.length && timingSafeEqual(one, other)),
    );
  };
}

function digest(key: string, id: string, timestamp: string, body: string): Buffer {
  return createHmac('sha256', Buffer.from(key, 'base64')).update(`${id}.${timestamp}.`).update(body).digest();
}
