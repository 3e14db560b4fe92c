/** The gateway's own device identity (methods.md §2): an Ed25519 key in the state dir, made when it is first asked for. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makePrivateDir, writePrivateFile } from '../../shared/private-file.js';
import { readDevicePublicKey } from '../../shared/protocol/device-identity.js';
import { errorCode } from '../../shared/to-error.js';

export interface GatewayIdentity {
  readonly deviceId: string;
  /** Base64url of the raw key. */
  readonly publicKey: string;
}

/** @param file holds the private key as PEM @throws Error when it is there and is none, or cannot be written */
export function gatewayIdentity(file: string): GatewayIdentity {
  const pem = createPublicKey(readKey(file) ?? makeKey(file)).export({ type: 'spki', format: 'pem' });
  const key = readDevicePublicKey(pem.toString());
  if (!key) throw new Error(`${file} is not an Ed25519 key`);
  return { deviceId: key.deviceId, publicKey: key.text };
}

function readKey(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (caught) {
    if (errorCode(caught) === 'ENOENT') return undefined;
    throw caught;
  }
}

function makeKey(file: string): string {
  const { privateKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  makePrivateDir(dirname(file));
  writePrivateFile(file, privateKey);
  return privateKey;
}
