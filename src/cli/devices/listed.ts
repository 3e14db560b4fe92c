/** The answer to `device.pair.list` as far as commands use it (methods.md §10). Names come from strangers: they are cleaned. */
import { plainText } from '../output/plain-text.js';
import { numberOf, recordOf, recordsOf, textOf, textsOf, type Facts } from '../record.js';

export interface ListedDevice {
  readonly deviceId: string;
  /** What its owner calls it, or it itself; else how its id begins. */
  readonly name: string;
  /** `cli on linux, from 203.0.113.9` */
  readonly client: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

export interface WaitingDevice extends ListedDevice {
  readonly requestId: string;
  /** It is approved already and wants more, or has changed. */
  readonly isKnown: boolean;
  readonly askedAtMs: number | undefined;
}

export interface ApprovedDevice extends ListedDevice {
  readonly approvedVia: string | undefined;
  readonly approvedAtMs: number | undefined;
  readonly lastSeenAtMs: number | undefined;
  readonly tokens: readonly ListedToken[];
}

export interface ListedToken {
  readonly role: string;
  readonly scopes: readonly string[];
  readonly issuedAtMs: number | undefined;
  readonly revoked: boolean;
}

/** Both newest first. */
export interface DeviceList {
  readonly pending: readonly WaitingDevice[];
  readonly paired: readonly ApprovedDevice[];
}

export function readDeviceList(payload: unknown): DeviceList {
  const { pending, paired } = recordOf(payload);
  return { pending: recordsOf(pending).map(waiting), paired: recordsOf(paired).map(approved) };
}

/** Of a device as it stands in the answers. */
export function deviceName(facts: Facts): string {
  const names = [facts.operatorLabel, facts.displayName, facts.clientId].map(clean);
  return names.find((name) => name !== '') ?? clean(facts.deviceId).slice(0, 12);
}

function waiting(facts: Facts): WaitingDevice {
  return {
    ...listed(facts),
    requestId: clean(facts.requestId),
    isKnown: facts.isRepair === true,
    askedAtMs: numberOf(facts.ts),
  };
}

function approved(facts: Facts): ApprovedDevice {
  return {
    ...listed(facts),
    approvedVia: textOf(facts.approvedVia),
    approvedAtMs: numberOf(facts.approvedAtMs),
    lastSeenAtMs: numberOf(facts.lastSeenAtMs),
    tokens: recordsOf(facts.tokens).map(({ role, scopes, createdAtMs, revokedAtMs }) => ({
      role: clean(role),
      scopes: textsOf(scopes).map(plainText),
      issuedAtMs: numberOf(createdAtMs),
      revoked: revokedAtMs !== undefined,
    })),
  };
}

function listed(facts: Facts): ListedDevice {
  const platform = clean(facts.platform);
  const from = clean(facts.remoteIp);
  const program = `${clean(facts.clientId) || 'unknown client'}${platform === '' ? '' : ` on ${platform}`}`;
  return {
    deviceId: clean(facts.deviceId),
    name: deviceName(facts),
    client: `${program}${from === '' ? '' : `, from ${from}`}`,
    roles: textsOf(facts.roles).map(plainText),
    scopes: textsOf(facts.approvedScopes ?? facts.scopes).map(plainText),
  };
}

function clean(value: unknown): string {
  return plainText(textOf(value) ?? '');
}
