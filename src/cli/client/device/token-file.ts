/**
 * Tokens that the configured gateway gave to this device: `<stateDir>/identity/device-auth.json` (protocol.md §8.1).
 * They are a second way in, beside the shared secret: a file that cannot be used counts as empty.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { makePrivateDir, writePrivateFile } from '../../../shared/private-file.js';
import { compile } from '../../../shared/schema.js';

export interface StoredToken {
  readonly token: string;
  readonly role: string;
  readonly scopes: readonly string[];
  /** When it was stored, milliseconds since the epoch. */
  readonly updatedAtMs: number;
}

const file = compile(
  v.object({
    version: v.literal(1),
    deviceId: v.string(),
    tokens: v.record(
      v.string(),
      v.object({
        token: v.pipe(v.string(), v.minLength(1)),
        role: v.string(),
        scopes: v.array(v.string()),
        updatedAtMs: v.number(),
      }),
    ),
  }),
);

/** By role; those of another device are not ours. */
export type StoredTokens = Readonly<Record<string, StoredToken>>;

export function readTokens(path: string, deviceId: string): StoredTokens {
  try {
    const parsed = file.parse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.ok && parsed.value.deviceId === deviceId ? parsed.value.tokens : {};
  } catch {
    return {}; // not there, or of no use: the gateway gives a new one
  }
}

/** @throws the file system's error */
export function writeTokens(path: string, deviceId: string, tokens: StoredTokens): void {
  makePrivateDir(dirname(path));
  writePrivateFile(path, `${JSON.stringify({ version: 1, deviceId, tokens }, null, 2)}\n`);
}
