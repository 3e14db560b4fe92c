/** Devices while no gateway runs: the store under the instance lock, as a gateway would hold it (config.md §11). */
import { createLogger } from '../../shared/log/logger.js';
import type { WithStoredDevices } from '../../shared/stored-devices.js';
import { acquireLocks } from '../port/lock.js';
import { openEmbeddedStore } from '../store/embedded.js';
import { createDeviceRegistry, type DeviceEvents } from './device-registry.js';
import { withoutTokens } from './shown-device.js';

/** Nobody is connected who could be told. */
const silence: DeviceEvents = { requested() {}, resolved() {}, invalidated() {} };
const silentLog = createLogger({ sink: { write() {} }, level: 'silent', subsystem: 'devices', secrets: [] });
const noPolicy = { autoApproveLocal: false, autoApproveCidrs: [] };
/** A lock names the port of its owner, and this one listens nowhere. */
const NO_PORT = 0;

export const withStoredDevices: WithStoredDevices = async ({ env, paths }, use) => {
  process.umask(0o077);
  const stop = new AbortController().signal;
  const lock = await acquireLocks({ paths, port: NO_PORT, env, log: silentLog, stop });
  try {
    const store = openEmbeddedStore(paths.storeDir);
    const registry = createDeviceRegistry({ store, policy: noPolicy, events: silence, now: Date.now });
    try {
      return await use({
        async list() {
          const { pending, paired } = await registry.list();
          return { pending, paired: paired.map(withoutTokens) };
        },
        async approve(requestId) {
          const device = await registry.approve(requestId);
          return device && { requestId, device: withoutTokens(device) };
        },
      });
    } finally {
      await store.close();
    }
  } finally {
    lock.release();
  }
};
