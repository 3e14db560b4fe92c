/** Sessions for commands that work on the store themselves: reading beside a gateway, writing under its lock (config.md §11). */
import type { StoreLocation } from '../../shared/stored-devices.js';
import type { SessionSink, SessionSource } from '../../shared/stored-sessions.js';
import { withLockedStore } from '../store/locked-store.js';
import { openSessionReader } from '../store/session-reader.js';
import { importSession } from './import-session.js';

export async function readStoredSessions<T>(
  { paths }: StoreLocation,
  use: (source: SessionSource) => Promise<T>,
): Promise<T> {
  const reader = openSessionReader(paths.storeDir);
  try {
    return await use(reader);
  } finally {
    await reader.close();
  }
}

export function writeStoredSessions<T>(
  location: StoreLocation,
  use: (sink: SessionSink) => Promise<T>,
): Promise<T> {
  return withLockedStore(location, (store) =>
    use({ put: (session, replace) => importSession(store, session, replace, Date.now()) }),
  );
}
