/** The store while no gateway runs: under the instance lock, as a gateway would hold it (config.md §11). */
import { createLogger } from '../../shared/log/logger.js';
import { makePrivateDir } from '../../shared/private-file.js';
import type { StoreLocation } from '../../shared/stored-devices.js';
import { acquireLocks } from '../port/lock.js';
import { openEmbeddedStore } from './embedded.js';
import type { Store } from './store.js';

const silentLog = createLogger({ sink: { write() {} }, level: 'silent', subsystem: 'store' });
/** A lock names the port of its owner, and this one listens nowhere. */
const NO_PORT = 0;

/** @throws StartError when a gateway runs, StoreError when the store cannot be read */
export async function withLockedStore<T>(
  { env, paths }: StoreLocation,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const before = process.umask(0o077);
  try {
    makePrivateDir(paths.stateDir);
    const stop = new AbortController().signal;
    const lock = await acquireLocks({ paths, port: NO_PORT, env, log: silentLog, stop });
    try {
      const store = openEmbeddedStore(paths.storeDir);
      try {
        return await use(store);
      } finally {
        await store.close();
      }
    } finally {
      lock.release();
    }
  } finally {
    process.umask(before);
  }
}
