/** Checks the `device` of a `connect`, step by step in the order that clients rely on (protocol.md §8.3, §8.4). */
import {
  readDevicePublicKey,
  signatureMatches,
  signedToken,
  type DevicePublicKey,
} from '../../shared/protocol/device-identity.js';
import { deviceLimits } from '../../shared/limits.js';
import type { ConnectParams, ErrorShape } from '../../shared/protocol/frames.js';

export type DeviceVerdict =
  | { readonly ok: true; readonly device: DevicePublicKey }
  | { readonly ok: false; readonly error: ErrorShape };

/** @param nonce of this socket's challenge; @param nowMs milliseconds since the epoch */
export function verifyDevice(
  device: NonNullable<ConnectParams['device']>,
  params: ConnectParams,
  nonce: string,
  nowMs: number,
): DeviceVerdict {
  const key = readDevicePublicKey(device.publicKey);
  if (!key) return refuse('device public key invalid', 'PUBLIC_KEY_INVALID', 'device-public-key');
  if (key.deviceId !== device.id) {
    return refuse('device identity mismatch', 'DEVICE_ID_MISMATCH', 'device-id-mismatch');
  }
  if (Math.abs(nowMs - device.signedAt) > deviceLimits.signatureSkewMs) {
    return refuse('device signature expired', 'SIGNATURE_EXPIRED', 'device-signature-stale');
  }
  if (device.nonce === undefined || device.nonce.trim() === '') {
    return refuse('device nonce required', 'NONCE_REQUIRED', 'device-nonce-missing');
  }
  if (device.nonce !== nonce)
    return refuse('device nonce mismatch', 'NONCE_MISMATCH', 'device-nonce-mismatch');
  const facts = {
    deviceId: device.id,
    clientId: params.client.id,
    clientMode: params.client.mode,
    role: params.role ?? 'operator',
    scopes: params.scopes ?? [],
    signedAtMs: device.signedAt,
    token: signedToken(params.auth),
    nonce,
    platform: params.client.platform,
    deviceFamily: params.client.deviceFamily ?? '',
  };
  if (!signatureMatches(device.signature, facts, key)) {
    return refuse('device signature invalid', 'SIGNATURE_INVALID', 'device-signature');
  }
  return { ok: true, device: key };
}

function refuse(message: string, code: string, reason: string): DeviceVerdict {
  return {
    ok: false,
    error: { code: 'INVALID_REQUEST', message, details: { code: `DEVICE_AUTH_${code}`, reason } },
  };
}
