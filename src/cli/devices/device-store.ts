/** Devices of a gateway that does not run, asked as if it did (cli.md §14). */
import type { StoredDevices, StoreLocation, WithStoredDevices } from '../../shared/stored-devices.js';
import { toError } from '../../shared/to-error.js';
import { UserError } from '../user-error.js';
import type { DeviceGateway } from './device-gateway.js';

export interface StoreAccess {
  readonly stored: WithStoredDevices;
  readonly location: StoreLocation;
  /** Why the gateway itself was not asked. */
  readonly failure: UserError;
  readonly ownId: string | undefined;
}

/** @throws UserError that tells of the gateway and of its store, when that cannot be had either */
export async function throughStore<T>(
  { stored, location, failure, ownId }: StoreAccess,
  use: (gateway: DeviceGateway) => Promise<T>,
): Promise<T> {
  let opened = false;
  try {
    return await stored(location, (devices) => {
      opened = true;
      return use(storeGateway(devices, ownId));
    });
  } catch (caught) {
    if (opened) throw caught;
    const why = `Its store cannot be used either: ${toError(caught).message}`;
    throw new UserError(failure.message, [...failure.details, ...why.split('\n')]);
  }
}

function storeGateway(devices: StoredDevices, ownId: string | undefined): DeviceGateway {
  return {
    async ask(method, params) {
      if (method === 'device.pair.list') return devices.list();
      const { requestId } = params as { readonly requestId: string };
      const approved = method === 'device.pair.approve' ? await devices.approve(requestId) : undefined;
      if (!approved) throw new UserError('unknown requestId');
      return approved;
    },
    ownId,
    ownTokenChanged() {},
  };
}
