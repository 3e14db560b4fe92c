/** What a device that waits for approval is told (protocol.md §11.1, §11.3). */
import { canonicalClientId } from '../../shared/protocol/constants.js';
import type { ErrorShape } from '../../shared/protocol/frames.js';
import type { Admission } from '../devices/device-registry.js';
import type { DeviceRequest, PairingReason } from '../devices/pairing-rules.js';

const messages: Readonly<Record<PairingReason, string>> = {
  'not-paired': 'device is not approved yet',
  'role-upgrade': 'device is asking for a higher role than currently approved',
  'scope-upgrade': 'device is asking for more scopes than currently approved',
  'metadata-upgrade': 'device identity changed and must be re-approved',
};

type Refused = Extract<Admission, { readonly admitted: false }>;

/** The error, and the reason of the close frame that follows it. */
export function pairingError(
  asked: DeviceRequest,
  refused: Refused,
): { error: ErrorShape; closeReason: string } {
  const { requestId } = refused.request;
  const message = `pairing required: ${messages[refused.reason]}`;
  // The Control UI goes on asking while its user approves it elsewhere; other clients stop and show the request.
  const waits = canonicalClientId(asked.client.id) === 'pllan-control-ui';
  const error: ErrorShape = {
    code: 'NOT_PAIRED',
    message,
    details: {
      code: 'PAIRING_REQUIRED',
      reason: refused.reason,
      requestId,
      remediationHint: `Approve this device from the gateway host: pllan devices approve ${requestId}`,
      deviceId: asked.deviceId,
      requestedRole: asked.role,
      requestedScopes: asked.scopes,
      approvedRoles: refused.approved.roles,
      approvedScopes: refused.approved.approvedScopes,
      ...(waits ? { recommendedNextStep: 'wait_then_retry', retryable: true, pauseReconnect: false } : {}),
    },
  };
  return { error, closeReason: `${message} (requestId: ${requestId})` };
}
