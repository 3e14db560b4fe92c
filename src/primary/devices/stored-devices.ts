/** Devices while no gateway runs, in the store itself. */
import type { WithStoredDevices } from '../../shared/stored-devices.js';
import { withLockedStore } from '../store/locked-store.js';
import { createDeviceRegistry, type DeviceEvents } from './device-registry.js';
import { withoutTokens } from './shown-device.js';

/** Nobody is connected who could be told. */
const silence: DeviceEvents = { requested() {}, resolved() {}, invalidated() {} };
const noPolicy = { autoApproveLocal: false, autoApproveCidrs: [] };

export const withStoredDevices: WithStoredDevices = (location, use) =>
  withLockedStore(location, (store) => {
    const registry = createDeviceRegistry({ store, policy: () => noPolicy, events: silence, now: Date.now });
    return use({
      async list() {
        const { pending, paired } = await registry.list();
        return { pending, paired: paired.map(withoutTokens) };
      },
      async approve(requestId) {
        const device = await registry.approve(requestId);
        return device && { requestId, device: withoutTokens(device) };
      },
    });
  });
