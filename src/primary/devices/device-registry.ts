/**
 * Devices that may connect, those that wait for approval, and the tokens of the former (protocol.md §11). The store
 * holds the facts; what happens to one device happens one after another.
 *
 *   unknown ──connects──▶ pending ──approve──▶ paired ──remove──▶ unknown
 *      │                    └── reject, 5 min ──▶ unknown     (a paired one that wants more is pending beside it)
 *      └── approved silently ─────────────────▶ paired
 */
import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { createKeyedQueue } from '../../shared/keyed-queue.js';
import { deviceLimits } from '../../shared/limits.js';
import { covers, normalizeScopes } from '../../shared/protocol/scopes.js';
import type { DeviceToken, PairedDevice, PairingRequest } from '../../shared/store/records.js';
import type { Store } from '../store/store.js';
import {
  pairingReason,
  silentApproval,
  type DeviceRequest,
  type PairingReason,
  type SilentApproval,
} from './pairing-rules.js';

export type Admission =
  | { readonly admitted: true; readonly token: DeviceToken }
  | {
      readonly admitted: false;
      readonly reason: PairingReason;
      readonly request: PairingRequest;
      readonly approved: Pick<PairedDevice, 'roles' | 'approvedScopes'>;
    };

export type TokenVerdict = 'ok' | 'device_token_mismatch' | 'scope_mismatch';

/** Why a device's open connections end (protocol.md §9.5). */
export type Invalidation = 'device-removed' | 'device-token-revoked' | 'device-token-rotated';

export interface DeviceEvents {
  requested(request: PairingRequest): void;
  resolved(resolution: PairingResolution, request: PairingRequest): void;
  /** Connections of this device, in this role when one is given, are no longer valid. */
  invalidated(deviceId: string, reason: Invalidation, role?: string): void;
}

export interface PairingResolution {
  readonly requestId: string;
  readonly deviceId: string;
  readonly decision: 'approved' | 'rejected';
  readonly ts: number;
}

export interface DeviceRegistry {
  /** Lets a verified device in, with its token for the role; or notes that it asks. */
  admit(request: DeviceRequest): Promise<Admission>;
  checkToken(deviceId: string, role: string, token: string, scopes: readonly string[]): Promise<TokenVerdict>;
  paired(deviceId: string): Promise<PairedDevice | undefined>;
  /** Both newest first. */
  list(): Promise<{ readonly pending: readonly PairingRequest[]; readonly paired: readonly PairedDevice[] }>;
  pending(requestId: string): Promise<PairingRequest | undefined>;
  /** These give undefined when there is no such request, device or token. */
  approve(requestId: string): Promise<PairedDevice | undefined>;
  reject(requestId: string): Promise<PairingRequest | undefined>;
  remove(deviceId: string): Promise<PairedDevice | undefined>;
  /** Takes one role away; without any the device is removed. */
  removeRole(deviceId: string, role: string): Promise<PairedDevice | undefined>;
  /** Notes that a device was there until now. */
  seen(deviceId: string): Promise<void>;
  rename(deviceId: string, label: string): Promise<PairedDevice | undefined>;
  /** A new token for the role; `scopes` narrows what was approved. */
  rotate(deviceId: string, role: string, scopes?: readonly string[]): Promise<DeviceToken | undefined>;
  revoke(deviceId: string, role: string): Promise<DeviceToken | undefined>;
}

export interface DeviceRegistryOptions {
  readonly store: Store;
  policy(): SilentApproval;
  readonly events: DeviceEvents;
  now(): number;
}

export function createDeviceRegistry({ store, policy, events, now }: DeviceRegistryOptions): DeviceRegistry {
  const queue = createKeyedQueue();
  const putDevice = (device: PairedDevice): Promise<void> =>
    store.commit([{ type: 'device', deviceId: device.deviceId, device }]);

  const live = (request: PairingRequest | undefined): PairingRequest | undefined =>
    request && now() - request.ts < deviceLimits.pairingTtlMs ? request : undefined;

  /** A paired device with a live token for its role, seen now. */
  const enter = async (device: PairedDevice, role: string): Promise<Admission> => {
    const known = device.tokens[role];
    const at = now();
    const fresh = known?.revokedAtMs === undefined ? known : undefined;
    if (fresh && at - (device.lastSeenAtMs ?? 0) < deviceLimits.lastSeenResolutionMs) {
      return { admitted: true, token: fresh };
    }
    const token: DeviceToken = fresh ? { ...fresh, lastUsedAtMs: at } : issueToken(device, role, at);
    await putDevice({ ...device, lastSeenAtMs: at, tokens: { ...device.tokens, [role]: token } });
    return { admitted: true, token };
  };

  const ask = async (
    request: DeviceRequest,
    reason: PairingReason,
    paired: PairedDevice | undefined,
  ): Promise<Admission> => {
    const before = live(await store.devices.requestOf(request.deviceId));
    const pending: PairingRequest = {
      requestId: before?.requestId ?? randomUUID(),
      ...identityOf(request),
      role: request.role,
      roles: union(before?.roles, [request.role]),
      scopes: union(before?.scopes, request.scopes),
      isRepair: paired !== undefined,
      ts: before?.ts ?? now(),
    };
    await expire();
    await store.commit([{ type: 'pairing', requestId: pending.requestId, request: pending }]);
    events.requested(pending);
    const { roles = [], approvedScopes = [] } = paired ?? {};
    return { admitted: false, reason, request: pending, approved: { roles, approvedScopes } };
  };

  /** Drops requests whose time is over, and the oldest above the limit. */
  const expire = async (): Promise<void> => {
    const requests = (await store.devices.requests()).toSorted((a, b) => b.ts - a.ts);
    const gone = requests.filter((one, place) => !live(one) || place >= deviceLimits.pendingRequests - 1);
    if (gone.length === 0) return;
    await store.commit(gone.map(({ requestId }) => ({ type: 'pairing', requestId, request: null })));
  };

  const withDevice = <T>(
    deviceId: string,
    change: (device: PairedDevice) => Promise<T | undefined>,
  ): Promise<T | undefined> =>
    queue.run(deviceId, async () => {
      const device = await store.devices.get(deviceId);
      return device && change(device);
    });

  const pending = async (requestId: string): Promise<PairingRequest | undefined> =>
    live(await store.devices.request(requestId));

  const resolve = async (
    requestId: string,
    decision: PairingResolution['decision'],
    device: PairedDevice | undefined,
  ): Promise<PairingRequest | undefined> => {
    const request = await pending(requestId);
    if (!request) return undefined;
    const { deviceId } = request;
    await store.commit([
      { type: 'pairing', requestId, request: null },
      ...(device ? [{ type: 'device', deviceId, device } as const] : []),
    ]);
    events.resolved({ requestId, deviceId, decision, ts: now() }, request);
    return request;
  };

  return {
    paired: (deviceId) => store.devices.get(deviceId),
    pending,
    admit: (request) =>
      queue.run(request.deviceId, async () => {
        let paired = await store.devices.get(request.deviceId);
        for (;;) {
          const reason = pairingReason(request, paired);
          if (!reason) return enter(paired as PairedDevice, request.role);
          const via = silentApproval(reason, request, policy());
          if (!via) return ask(request, reason, paired);
          const { role, scopes } = request;
          paired = approvedDevice({ ...identityOf(request), roles: [role], scopes }, paired, via, now());
          await putDevice(paired);
        }
      }),
    async checkToken(deviceId, role, token, scopes) {
      const known = (await store.devices.get(deviceId))?.tokens[role];
      if (!known || known.revokedAtMs !== undefined || !equal(known.token, token))
        return 'device_token_mismatch';
      return covers(new Set(known.scopes), scopes) ? 'ok' : 'scope_mismatch';
    },
    async list() {
      const requests = (await store.devices.requests()).filter(live);
      const devices = await store.devices.all();
      return {
        pending: requests.toSorted((a, b) => b.ts - a.ts),
        paired: devices.toSorted((a, b) => b.approvedAtMs - a.approvedAtMs),
      };
    },
    async approve(requestId) {
      const request = await pending(requestId);
      if (!request) return undefined;
      return queue.run(request.deviceId, async () => {
        const before = await store.devices.get(request.deviceId);
        const { roles = [], scopes = [] } = request;
        const device = approvedDevice({ ...request, roles, scopes }, before, 'owner', now());
        return (await resolve(requestId, 'approved', device)) && device;
      });
    },
    reject: (requestId) => resolve(requestId, 'rejected', undefined),
    remove: (deviceId) =>
      withDevice(deviceId, async (device) => {
        await store.commit([{ type: 'device', deviceId, device: null }]);
        events.invalidated(deviceId, 'device-removed');
        return device;
      }),
    removeRole: (deviceId, role) =>
      withDevice(deviceId, async (device) => {
        if (!device.roles.includes(role)) return undefined;
        const roles = device.roles.filter((one) => one !== role);
        const { [role]: _gone, ...tokens } = device.tokens;
        const left = roles.length === 0 ? null : { ...device, roles, tokens };
        await store.commit([{ type: 'device', deviceId, device: left }]);
        events.invalidated(deviceId, 'device-removed', role);
        return device;
      }),
    async seen(deviceId) {
      await withDevice(deviceId, async (device) => {
        const at = now();
        if (at - (device.lastSeenAtMs ?? 0) < deviceLimits.lastSeenResolutionMs) return;
        await putDevice({ ...device, lastSeenAtMs: at });
      });
    },
    rename: (deviceId, label) =>
      withDevice(deviceId, async (device) => {
        const renamed = { ...device, operatorLabel: label };
        await putDevice(renamed);
        return renamed;
      }),
    rotate: (deviceId, role, scopes) =>
      withDevice(deviceId, async (device) => {
        if (!device.roles.includes(role)) return undefined;
        const at = now();
        const issued = issueToken(device, role, at, scopes);
        const token: DeviceToken = { ...issued, rotatedAtMs: at };
        await putDevice({ ...device, tokens: { ...device.tokens, [role]: token } });
        events.invalidated(deviceId, 'device-token-rotated', role);
        return token;
      }),
    revoke: (deviceId, role) =>
      withDevice(deviceId, async (device) => {
        const known = Object.hasOwn(device.tokens, role) ? device.tokens[role] : undefined;
        if (!known) return undefined;
        const token: DeviceToken = { ...known, revokedAtMs: known.revokedAtMs ?? now() };
        await putDevice({ ...device, tokens: { ...device.tokens, [role]: token } });
        events.invalidated(deviceId, 'device-token-revoked', role);
        return token;
      }),
  };
}

/** What an approval makes of a device: it keeps what it had, and gains what was asked for, its tokens too. */
function approvedDevice(
  asked: ReturnType<typeof identityOf> & {
    readonly roles: readonly string[];
    readonly scopes: readonly string[];
  },
  before: PairedDevice | undefined,
  approvedVia: PairedDevice['approvedVia'],
  at: number,
): PairedDevice {
  const kept = before?.publicKey === asked.publicKey ? before : undefined;
  const scopes = union(kept?.approvedScopes, asked.scopes);
  const { deviceId, publicKey, displayName, platform, deviceFamily, clientId, clientMode, remoteIp } = asked;
  return {
    deviceId,
    publicKey,
    ...present({ displayName, platform, deviceFamily, clientId, clientMode, remoteIp }),
    roles: union(kept?.roles, asked.roles),
    scopes,
    approvedScopes: scopes,
    ...present({ operatorLabel: kept?.operatorLabel, lastSeenAtMs: kept?.lastSeenAtMs }),
    approvedVia,
    createdAtMs: kept?.createdAtMs ?? at,
    approvedAtMs: at,
    tokens: Object.fromEntries(
      Object.entries(kept?.tokens ?? {}).map(([role, token]) => [
        role,
        { ...token, scopes: normalizeScopes(scopes) },
      ]),
    ),
  };
}

function issueToken(
  device: PairedDevice,
  role: string,
  at: number,
  narrowed?: readonly string[],
): DeviceToken {
  const approved = normalizeScopes(device.approvedScopes);
  const wanted = narrowed ? normalizeScopes(narrowed) : approved;
  return {
    token: randomBytes(32).toString('base64url'),
    role,
    scopes: wanted.filter((scope) => approved.includes(scope)),
    createdAtMs: at,
  };
}

function identityOf({ deviceId, publicKey, client, remoteIp }: DeviceRequest) {
  const { id: clientId, mode: clientMode, displayName, platform, deviceFamily } = client;
  return {
    deviceId,
    publicKey,
    ...present({ displayName, platform, deviceFamily, clientId, clientMode, remoteIp }),
  };
}

/** Without the properties that are undefined. */
function present<T extends object>(properties: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(properties).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function union(before: readonly string[] | undefined, more: readonly string[]): readonly string[] {
  return [...new Set([...(before ?? []), ...more])];
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
