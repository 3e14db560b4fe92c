/**
 * A gateway for `pllan devices`: several questions over one connection. Whoever manages devices on the gateway's own
 * machine gets in while this device itself still waits for approval: who else could approve the first one?
 *
 *   as this device ──pairing required, on this machine──▶ without a device, by the secret alone (protocol.md §9.6)
 *         └──nobody there, on this machine──▶ the store, under the gateway's lock: to list and to approve
 */
import { existsSync } from 'node:fs';
import { covers } from '../../shared/protocol/scopes.js';
import type { WithStoredDevices } from '../../shared/stored-devices.js';
import { isPairingRequired } from '../client/advice.js';
import { connectTo, deviceOf, type GatewayAccess } from '../client/call.js';
import type { GatewayClient } from '../client/client.js';
import { deadlineIn, type Deadline } from '../client/deadline.js';
import type { Device } from '../client/device/device.js';
import { GatewayError } from '../client/errors.js';
import { explain } from '../client/explain.js';
import { isLocal, resolveTarget, type GatewayTarget } from '../client/target.js';
import { throughStore } from './device-store.js';

export interface DeviceGateway {
  /** Calls a method. @throws GatewayError */
  ask(method: string, params: object): Promise<unknown>;
  /** The id of this device, when it has one. */
  readonly ownId: string | undefined;
  /** This device has another token for a role from now on, or none. */
  ownTokenChanged(role: string, now?: { readonly token: string; readonly scopes: readonly string[] }): void;
}

/**
 * Connects, lets `use` ask, closes.
 *
 * @param stored for what can also be done without a gateway
 * @throws UserError
 */
export async function withDeviceGateway<T>(
  access: GatewayAccess,
  use: (gateway: DeviceGateway) => Promise<T>,
  stored?: WithStoredDevices,
): Promise<T> {
  const target = resolveTarget(access.flags, access.sources);
  const device = deviceOf(access);
  try {
    return await throughGateway(access, target, device, use);
  } catch (caught) {
    const failure = explain(caught, target, access.sources, device);
    const { paths, env } = access.sources;
    const stopped = caught instanceof GatewayError && caught.failure === 'unreachable' && isLocal(target);
    // Where no gateway has ever run there is no store, and nobody who waits in it.
    if (!stopped || !stored || !existsSync(paths.storeDir)) throw failure;
    const ownId = device.identity()?.deviceId;
    return throughStore({ stored, location: { env, paths }, failure, ownId }, (gateway) => {
      access.note('The gateway does not run: this is its store.');
      return use(gateway);
    });
  }
}

async function throughGateway<T>(
  access: GatewayAccess,
  target: GatewayTarget,
  device: Device,
  use: (gateway: DeviceGateway) => Promise<T>,
): Promise<T> {
  const deadline = deadlineIn(access.timeoutMs);
  const client = await connect(target, device, deadline);
  try {
    return await use({
      ask: (method, params) => client.request(method, params, deadline, access.expectFinal),
      ownId: device.identity()?.deviceId,
      ownTokenChanged(role, now) {
        if (target.ownToken === 'ignored') return;
        if (now) device.remember({ role, ...now });
        else device.forget(role);
      },
    });
  } finally {
    client.close();
  }
}

async function connect(target: GatewayTarget, device: Device, deadline: Deadline): Promise<GatewayClient> {
  try {
    return await connectTo(target, device, deadline);
  } catch (caught) {
    if (!(caught instanceof GatewayError) || !isPairingRequired(caught) || !isLocal(target)) throw caught;
    const client = await connectTo(target, undefined, deadline).catch(() => undefined);
    if (client && covers(new Set(client.hello.scopes), ['operator.pairing'])) return client;
    client?.close();
    throw caught; // approval is what is missing, whatever else went wrong
  }
}
