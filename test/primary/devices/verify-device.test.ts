import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyDevice } from '../../../src/primary/devices/verify-device.js';
import { readDevicePublicKey } from '../../../src/shared/protocol/device-identity.js';
import type { ConnectParams } from '../../../src/shared/protocol/frames.js';

const NOW = 1_760_000_000_000;
const NONCE = '0d1c7f2e-0000-4000-8000-000000000000';
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url');
const id = readDevicePublicKey(raw.toString('base64url'))?.deviceId as string;

const base: ConnectParams = {
  minProtocol: 3,
  maxProtocol: 4,
  client: { id: 'openclaw-ios', mode: 'ui', version: '1', platform: ' iOS É', deviceFamily: 'iPhone' },
  scopes: ['operator.write', 'operator.read', 'operator.write'],
  auth: { deviceToken: 'device-token', password: 'never-signed' },
};
type Device = NonNullable<ConnectParams['device']>;
const head = `${id}|openclaw-ios|ui|operator|operator.write,operator.read,operator.write|${NOW}|device-token`;
const v3 = `v3|${head}|${NONCE}|ios É|iphone`;

function device(payload: string, change: Partial<Device> = {}): Device {
  const signature = sign(null, Buffer.from(payload), privateKey).toString('base64url');
  return { id, publicKey: raw.toString('base64url'), signature, signedAt: NOW, nonce: NONCE, ...change };
}
const verify = (subject: Device, params: ConnectParams = base, at = NOW) =>
  verifyDevice(subject, params, NONCE, at);

describe('a device passes', () => {
  it.each([
    ['signed as v3', device(v3)],
    ['signed as v2', device(`v2|${head}|${NONCE}`)],
    ['with its key in base64', device(v3, { publicKey: raw.toString('base64') })],
    [
      'with its key as PEM',
      device(v3, { publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString() }),
    ],
    [
      'with its signature in base64',
      device(v3, { signature: sign(null, Buffer.from(v3), privateKey).toString('base64') }),
    ],
  ])('%s', (_how, subject) => expect(verify(subject)).toMatchObject({ ok: true, device: { deviceId: id } }));

  it('when it named no role, scopes, token or family', () => {
    const { scopes: _s, auth: _a, ...rest } = base;
    const params = { ...rest, client: { id: 'cli', mode: 'cli', version: '1', platform: 'linux' } } as const;
    expect(verify(device(`v3|${id}|cli|cli|operator||${NOW}||${NONCE}|linux|`), params).ok).toBe(true);
  });

  it('when its clock, or the way, took two minutes', () => {
    expect(verify(device(v3), base, NOW + 120_000).ok).toBe(true);
    expect(verify(device(v3), base, NOW - 120_000).ok).toBe(true);
  });
});

describe('a device is refused', () => {
  const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x as string;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  it.each([
    ['whose id is another key’s', device(v3, { publicKey: other }), 'device identity mismatch'],
    ['whose id is in capitals', device(v3, { id: id.toUpperCase() }), 'device identity mismatch'],
    ['whose key is none', device(v3, { publicKey: 'AAAA' }), 'device public key invalid'],
    [
      'whose key is of another kind',
      device(v3, { publicKey: rsa.export({ format: 'pem', type: 'spki' }).toString() }),
      'device public key invalid',
    ],
    ['without a nonce', device(v3, { nonce: ' ' }), 'device nonce required'],
    ['with another socket’s nonce', device(v3, { nonce: 'x' }), 'device nonce mismatch'],
    ['that signed the historic form', device(`v1|${head}`), 'device signature invalid'],
    ['that signed something else', device(`${v3}x`), 'device signature invalid'],
    ['whose signature is not one', device(v3, { signature: '!' }), 'device signature invalid'],
  ])('%s', (_who, subject, message) =>
    expect(verify(subject)).toMatchObject({ ok: false, error: { message } }),
  );

  it('that signed too long ago, or in the future', () => {
    for (const at of [NOW + 120_001, NOW - 120_001]) {
      expect(verify(device(v3), base, at)).toMatchObject({
        error: {
          code: 'INVALID_REQUEST',
          message: 'device signature expired',
          details: { code: 'DEVICE_AUTH_SIGNATURE_EXPIRED', reason: 'device-signature-stale' },
        },
      });
    }
  });
});
