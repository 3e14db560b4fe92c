/**
 * Ids of chat networks as parts of session keys, which are in lower case and divided by colons: different ids are different
 * parts, whatever somebody has made of theirs, and ordinary ids stay as they are.
 */
import { createHash } from 'node:crypto';

const DIGEST_CHARS = 16;
const READABLE_CHARS = 64;
const ordinary = /^[^\s:](?:[^:]{0,126}[^\s:])?$/u;
const digested = new RegExp(`~[0-9a-f]{${DIGEST_CHARS}}$`);

/** @param caseless ids of the network that differ in case alone are one */
export function keyPart(id: string, { caseless = false } = {}): string {
  const lower = id.toLowerCase();
  const own = caseless ? lower : id;
  if (own === lower && ordinary.test(own) && !digested.test(own)) return own;
  const readable = lower.trim().replaceAll(':', '_').slice(0, READABLE_CHARS);
  const digest = createHash('sha256').update(own).digest('hex').slice(0, DIGEST_CHARS);
  return `${readable}~${digest}`;
}
