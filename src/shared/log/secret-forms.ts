/** The forms in which programs repeat a secret that they were given: encoded, quoted, as part of something encoded. */
import { secretLimits } from '../secrets/limits.js';

/** As it is, and as it stands in JSON. */
export function plainForms(secret: string): readonly string[] {
  return [secret, secret.trim(), JSON.stringify(secret).slice(1, -1)];
}

export function encodedForms(secret: string): readonly string[] {
  if (secret.length > secretLimits.encodedChars) return [];
  // Halves of characters, which cannot be encoded, become something else on their way.
  const bytes = Buffer.from(secret.trim());
  const hex = bytes.toString('hex');
  return [encodeURIComponent(bytes.toString()), hex, hex.toUpperCase(), ...base64Cores(bytes)];
}

/**
 * In base64, with either alphabet, what of it does not depend on what stands before and behind: `Basic` credentials
 * have the secret after a name, at any of three offsets.
 */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url');
    const ownBits = (before + bytes.length) * 8;
    const core = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(ownBits / 6));
    return [core, core.replaceAll('-', '+').replaceAll('_', '/')];
  });
}
