/** Devices for people: a block of lines each, ids whole so that they can be copied (cli.md §14). */
import { formatAge } from '../output/age.js';
import type { Style } from '../output/style.js';
import type { ApprovedDevice, DeviceList, ListedToken, WaitingDevice } from './listed.js';

export interface Viewpoint {
  /** Of the device that looks. */
  readonly ownId: string | undefined;
  readonly nowMs: number;
}

export function deviceLines({ pending, paired }: DeviceList, view: Viewpoint, style: Style): string[] {
  return [
    style.bold(`Pending (${pending.length})`),
    ...pending.flatMap((device) => ['', ...waitingLines(device, view, style)]),
    '',
    style.bold(`Paired (${paired.length})`),
    ...paired.flatMap((device) => ['', ...approvedLines(device, view, style)]),
  ];
}

/** One line for each request that could be meant. */
export function choiceLines(pending: readonly WaitingDevice[], { ownId, nowMs }: Viewpoint): string[] {
  return pending.map((device) => {
    const own = device.deviceId === ownId ? ', this device' : '';
    return `- ${device.requestId}: ${device.name} (${device.client}${own}) asks for ${wish(device)}, ${ago(device.askedAtMs, nowMs)}`;
  });
}

function waitingLines(device: WaitingDevice, { ownId, nowMs }: Viewpoint, style: Style): string[] {
  return [
    title(device.name, device.deviceId === ownId, style),
    `  Request: ${device.requestId}`,
    `  Device: ${device.deviceId}`,
    `  Client: ${device.client}`,
    `  Asks for: ${wish(device)}${device.isKnown ? ' (it is approved for less, or has changed)' : ''}`,
    `  Asked: ${ago(device.askedAtMs, nowMs)}`,
    `  Approve: pllan devices approve ${device.requestId}`,
  ];
}

function approvedLines(device: ApprovedDevice, { ownId, nowMs }: Viewpoint, style: Style): string[] {
  const seen = device.lastSeenAtMs === undefined ? '' : `, last seen ${ago(device.lastSeenAtMs, nowMs)}`;
  const via = device.approvedVia === undefined ? '' : ` (${device.approvedVia})`;
  return [
    title(device.name, device.deviceId === ownId, style),
    `  Device: ${device.deviceId}`,
    `  Client: ${device.client}`,
    `  May: ${wish(device)}`,
    `  Approved: ${ago(device.approvedAtMs, nowMs)}${via}${seen}`,
    ...device.tokens.map((token) => `  Token: ${tokenText(token, nowMs, style)}`),
  ];
}

function title(name: string, own: boolean, style: Style): string {
  return `${style.bold(name)}${own ? ' (this device)' : ''}`;
}

/** `operator (operator.read, operator.write)` */
function wish({ roles, scopes }: Pick<WaitingDevice, 'roles' | 'scopes'>): string {
  return `${roles.join(', ') || 'no role'} (${scopes.join(', ') || 'no scopes'})`;
}

function tokenText({ role, scopes, issuedAtMs, revoked }: ListedToken, nowMs: number, style: Style): string {
  const state = revoked ? style.warn('revoked') : `issued ${ago(issuedAtMs, nowMs)}`;
  return `${role} (${scopes.join(', ') || 'no scopes'}), ${state}`;
}

function ago(atMs: number | undefined, nowMs: number): string {
  return atMs === undefined ? 'at an unknown time' : `${formatAge(nowMs - atMs)} ago`;
}
