/**
 * A gateway for `pllan devices`: several questions over one connection. Whoever manages devices on the gateway's own
 * machine gets in while this device itself still waits for approval: who else could approve the first one?
 *
 *   as this device ──pairing required, on this machine──▶ without a device, by the secret alone (protocol.md §9.6)
 */
import { covers } from '../../shared/protocol/scopes.js';
import { isPairingRequired } from '../client/advice.js';
import { connectTo, deviceOf, type GatewayAccess } from '../client/call.js';
import type { GatewayClient } from '../client/client.js';
import { deadlineIn, type Deadline } from '../client/deadline.js';
import type { Device } from '../client/device/device.js';
import { GatewayError } from '../client/errors.js';
import { explain } from '../client/explain.js';
import { isLocal, resolveTarget, type GatewayTarget } from '../client/target.js';

export interface DeviceGateway {
  /** Calls a method. @throws GatewayError */
  ask(method: string, params: object): Promise<unknown>;
  /** The id of this device, when it has one. */
  readonly ownId: string | undefined;
  /** This device has another token for a role from now on, or none. */
  ownTokenChanged(role: string, now?: { readonly token: string; readonly scopes: readonly string[] }): void;
}

/** Connects, lets `use` ask, closes. @throws UserError */
export async function withDeviceGateway<T>(
  access: GatewayAccess,
  use: (gateway: DeviceGateway) => Promise<T>,
): Promise<T> {
  const target = resolveTarget(access.flags, access.sources);
  const device = deviceOf(access);
  const deadline = deadlineIn(access.timeoutMs);
  try {
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
  } catch (caught) {
    throw explain(caught, target, access.sources, device);
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
