/** Who must be approved, and who is approved without asking (protocol.md §11.1, §11.2). Pure. */
import { canonicalClientId, isBrowserClient } from '../../shared/protocol/constants.js';
import { covers } from '../../shared/protocol/scopes.js';
import { networkList } from '../../shared/auth/address.js';
import type { PairedDevice } from '../../shared/store/records.js';

/** A device that connects, its signature verified. */
export interface DeviceRequest {
  readonly deviceId: string;
  readonly publicKey: string;
  readonly role: string;
  readonly scopes: readonly string[];
  readonly client: {
    readonly id: string;
    readonly mode: string;
    readonly platform: string;
    readonly deviceFamily?: string;
    readonly displayName?: string;
  };
  readonly authMethod: string;
  readonly remoteIp: string;
  readonly directLoopback: boolean;
  /** The upgrade had an `Origin` header. */
  readonly fromPage: boolean;
}

export type PairingReason = 'not-paired' | 'role-upgrade' | 'scope-upgrade' | 'metadata-upgrade';

/** What is missing before this request may pass; undefined when nothing is. */
export function pairingReason(
  request: DeviceRequest,
  paired: PairedDevice | undefined,
): PairingReason | undefined {
  if (!paired || paired.publicKey !== request.publicKey) return 'not-paired';
  if (!paired.roles.includes(request.role)) return 'role-upgrade';
  if (!covers(new Set(paired.approvedScopes), request.scopes)) return 'scope-upgrade';
  const { platform, deviceFamily } = request.client;
  if (changed(paired.platform, platform) || changed(paired.deviceFamily, deviceFamily))
    return 'metadata-upgrade';
  return undefined;
}

/** Only what was pinned at the approval can change. */
function changed(pinned: string | undefined, claimed: string | undefined): boolean {
  return pinned !== undefined && pinned.trim() !== '' && fold(pinned) !== fold(claimed ?? '');
}

function fold(text: string): string {
  return text.trim().toLowerCase();
}

export interface SilentApproval {
  readonly autoApproveLocal: boolean;
  /** Networks from which fresh nodes are taken. */
  readonly autoApproveCidrs: readonly string[];
}

/** How a request is approved without asking anyone; undefined when somebody must be asked. */
export function silentApproval(
  reason: PairingReason,
  request: DeviceRequest,
  policy: SilentApproval,
): PairedDevice['approvedVia'] | undefined {
  if (policy.autoApproveLocal && isLocal(request) && localMay(reason, request)) return 'silent';
  const freshNode = reason === 'not-paired' && request.role === 'node' && request.scopes.length === 0;
  if (freshNode && networkList(policy.autoApproveCidrs)(request.remoteIp)) return 'trusted-cidr';
  return undefined;
}

function isLocal({ directLoopback, fromPage, client }: DeviceRequest): boolean {
  return directLoopback && (!fromPage || isBrowserClient(client.id));
}

function localMay(reason: PairingReason, { authMethod, client }: DeviceRequest): boolean {
  const bySecret = ['none', 'token', 'password'].includes(authMethod);
  switch (reason) {
    case 'not-paired':
    case 'role-upgrade':
      return bySecret || authMethod === 'device-token';
    case 'scope-upgrade':
      return bySecret;
    case 'metadata-upgrade':
      return client.id === 'cli' || nativeApps.has(canonicalClientId(client.id));
  }
}

const nativeApps: ReadonlySet<string> = new Set(
  ['macos', 'linux', 'ios', 'watchos', 'android'].map((name) => `pllan-${name}`),
);

/** Connections whose device needs no approval (protocol.md §11.1). */
export function skipsPairing({ client, role, authMethod, directLoopback }: DeviceRequest): boolean {
  const controlUi = canonicalClientId(client.id) === 'pllan-control-ui' && role === 'operator';
  if (controlUi && ['none', 'tailscale', 'trusted-proxy'].includes(authMethod)) return true;
  return directLoopback && client.id === 'gateway-client' && client.mode === 'backend';
}
