/** The sessions, with all who are told of what happens to them. */
import type { ConfigReaders } from '../snapshot/readers.js';
import type { Store } from '../store/store.js';
import type { SessionOverview } from './session-overview.js';
import type { SessionReach } from './session-reach.js';
import { createSessions, type SessionObserver, type Sessions } from './sessions.js';

export interface OpenSessionsOptions {
  readonly store: Store;
  readonly readers: Pick<ConfigReaders, 'scheme' | 'workspace'>;
  overview(): Pick<SessionOverview, 'changed'>;
  /** Of clients. */
  events(): SessionObserver;
  /** Of workers. */
  reach(): Pick<SessionReach, 'hears' | 'appended'>;
}

export function openSessions({ store, readers, overview, events, reach }: OpenSessionsOptions): Sessions {
  return createSessions({
    store,
    scheme: readers.scheme,
    workspace: readers.workspace,
    observer: {
      changed(key, change) {
        overview().changed();
        events().changed(key, change);
      },
      hears: (key) => events().hears(key) || reach().hears(key),
      appended(line) {
        events().appended(line);
        reach().appended(line);
      },
    },
  });
}
