/**
 * The key pair by which gateways know this command line: `<stateDir>/identity/device.json` (protocol.md §8.1). Made on
 * first use. Commands that start side by side all end up with the same one.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { createPrivateFile, makePrivateDir, writePrivateFile } from '../../../shared/private-file.js';
import { readDevicePublicKey, type DevicePublicKey } from '../../../shared/protocol/device-identity.js';
import { compile } from '../../../shared/schema.js';
import { readRegularFile } from '../../../shared/regular-file.js';
import { toError } from '../../../shared/to-error.js';
import { clientLimits } from '../../limits.js';

export interface DeviceIdentity {
  readonly deviceId: string;
  /** base64url of the raw key. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

const file = compile(v.object({ version: v.literal(1), deviceId: v.string(), privateKeyPem: v.string() }));

/**
 * Reads the identity, or makes one. A file that holds none is kept as `device.json.corrupt` and replaced.
 *
 * @param note told when an identity was replaced
 * @throws the file system's error when it can neither be read nor stored
 */
export function openIdentity(path: string, note: (line: string) => void): DeviceIdentity {
  const found = readIdentity(path);
  if (typeof found === 'object') return found;
  makePrivateDir(dirname(path));
  const made = makeIdentity();
  if (found === 'missing') {
    if (createPrivateFile(path, made.text)) return made.identity;
    const others = readIdentity(path);
    if (typeof others === 'object') return others;
  }
  const aside = `${path}.corrupt`;
  // In place of what has that name, and never through a link.
  writePrivateFile(aside, readText(path) ?? '');
  writePrivateFile(path, made.text);
  note(`${path} held no usable device key: it is kept as ${aside}, and this device has a new identity.`);
  return made.identity;
}

/** There is a file that can be read, and no key in it that could be used. Nothing is changed. */
export function hasBrokenIdentity(path: string): boolean {
  try {
    const text = readText(path);
    return text !== undefined && parseIdentity(text) === undefined;
  } catch {
    return false;
  }
}

/** @throws when there is a file that cannot be read */
function readIdentity(path: string): DeviceIdentity | 'missing' | 'corrupt' {
  const text = readText(path);
  if (text === undefined) return 'missing';
  const identity = parseIdentity(text);
  if (!identity) return 'corrupt';
  // Whoever restored it from a backup may have left it open to others.
  if ((statSync(path).mode & 0o077) !== 0 && process.platform !== 'win32') chmodSync(path, 0o600);
  return identity;
}

/** Undefined where there is none. @throws when there is a file that cannot be read */
function readText(path: string): string | undefined {
  try {
    return readRegularFile(path, clientLimits.identityBytes)?.toString();
  } catch (caught) {
    throw new Error(`${path} ${toError(caught).message}`, { cause: caught });
  }
}

function parseIdentity(text: string): DeviceIdentity | undefined {
  try {
    const parsed = file.parse(JSON.parse(text));
    if (!parsed.ok) return undefined;
    const privateKey = createPrivateKey(parsed.value.privateKeyPem);
    const identity = identityOf(privateKey);
    return identity?.deviceId === parsed.value.deviceId ? identity : undefined;
  } catch {
    return undefined; // neither JSON nor a key: nothing that could be used
  }
}

function identityOf(privateKey: KeyObject): DeviceIdentity | undefined {
  const known = readDevicePublicKey(publicPem(privateKey));
  return known && { deviceId: known.deviceId, publicKey: known.text, privateKey };
}

function makeIdentity(): { readonly identity: DeviceIdentity; readonly text: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const publicKeyPem = publicPem(privateKey);
  const { deviceId, text } = readDevicePublicKey(publicKeyPem) as DevicePublicKey;
  const stored = {
    version: 1,
    deviceId,
    publicKeyPem,
    privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    createdAtMs: Date.now(),
  };
  return {
    identity: { deviceId, publicKey: text, privateKey },
    text: `${JSON.stringify(stored, null, 2)}\n`,
  };
}

function publicPem(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString();
}
