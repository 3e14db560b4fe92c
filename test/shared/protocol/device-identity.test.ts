import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  readDevicePublicKey,
  signatureMatches,
  signFacts,
  type DevicePublicKey,
  type SignedFacts,
} from '../../../src/shared/protocol/device-identity.js';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const device = readDevicePublicKey(
  publicKey.export({ format: 'pem', type: 'spki' }).toString(),
) as DevicePublicKey;

const facts: SignedFacts = {
  deviceId: device.deviceId,
  clientId: 'cli',
  clientMode: 'cli',
  role: 'operator',
  scopes: ['operator.read', 'operator.admin'],
  signedAtMs: 1_760_000_000_000,
  token: 's3cret',
  nonce: 'n-1',
  platform: ' Linux ',
  deviceFamily: '',
};

test('a signature is made over the newest form, with the scopes in the order in which they are sent', () => {
  const text = `v3|${device.deviceId}|cli|cli|operator|operator.read,operator.admin|1760000000000|s3cret|n-1|linux|`;
  expect(signFacts(facts, privateKey)).toBe(sign(null, Buffer.from(text), privateKey).toString('base64url'));
});

test('a signature holds for what was signed and for nothing else', () => {
  const signature = signFacts(facts, privateKey);
  expect(signatureMatches(signature, facts, device)).toBe(true);
  const changes: Partial<SignedFacts>[] = [
    { scopes: ['operator.admin', 'operator.read'] },
    { token: '' },
    { nonce: 'n-2' },
    { platform: 'darwin' },
  ];
  for (const change of changes)
    expect(signatureMatches(signature, { ...facts, ...change }, device)).toBe(false);
});
