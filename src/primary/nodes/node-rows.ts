/** Nodes as clients are shown them: a node is a device with role `node`, or a connection in that role (methods.md §10). */
import type { PairedDevice, PairingRequest } from '../../shared/store/records.js';
import type { NodeLink } from './connected-nodes.js';

export interface NodeRow {
  readonly nodeId: string;
  readonly displayName?: string;
  readonly connected: boolean;
  readonly [more: string]: unknown;
}

/** What is known of one node; one of the two is there. */
export interface KnownNode {
  readonly nodeId: string;
  readonly device: PairedDevice | undefined;
  readonly link: NodeLink | undefined;
}

/** Whether a device, or a request of one, is a node's. */
export function isNode({ roles = [] }: { readonly roles?: readonly string[] }): boolean {
  return roles.includes('node');
}

/** @param at milliseconds since the epoch: now */
export function nodeRow({ nodeId, device, link }: KnownNode, at: number): NodeRow {
  const { client } = link ?? {};
  const name = device?.operatorLabel ?? client?.displayName ?? device?.displayName;
  return {
    nodeId,
    ...(name !== undefined && { displayName: name }),
    platform: client?.platform ?? device?.platform,
    version: client?.version,
    deviceFamily: client?.deviceFamily ?? device?.deviceFamily,
    remoteIp: link?.remoteIp ?? device?.remoteIp,
    caps: link?.caps ?? [],
    commands: link?.commands ?? [],
    permissions: link?.permissions,
    paired: device !== undefined,
    connected: link !== undefined,
    connectedAtMs: link?.connectedAtMs,
    lastSeenAtMs: link ? at : device?.lastSeenAtMs,
  };
}

/** Connected ones first, then by name. */
export function nodeRows(
  devices: readonly PairedDevice[],
  links: readonly NodeLink[],
  at: number,
): NodeRow[] {
  const linkOf = new Map(links.map((link) => [link.nodeId, link]));
  const deviceOf = new Map(devices.filter(isNode).map((device) => [device.deviceId, device]));
  const ids = [...new Set([...linkOf.keys(), ...deviceOf.keys()])];
  return ids
    .map((nodeId) => nodeRow({ nodeId, device: deviceOf.get(nodeId), link: linkOf.get(nodeId) }, at))
    .toSorted((a, b) => Number(b.connected) - Number(a.connected) || nameOf(a).localeCompare(nameOf(b)));
}

function nameOf({ displayName, nodeId }: NodeRow): string {
  return displayName ?? nodeId;
}

export function pendingNode({ deviceId: nodeId, publicKey: _key, ...facts }: PairingRequest): object {
  return { nodeId, ...facts };
}

export function pairedNode(device: PairedDevice): object {
  const { deviceId: nodeId, publicKey: _key, tokens: _secret, operatorLabel, ...facts } = device;
  return { nodeId, ...facts, ...(operatorLabel !== undefined && { displayName: operatorLabel }) };
}
