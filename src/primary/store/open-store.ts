/** Opens the store of a gateway that starts (runs-and-events.md §7): one that cannot be read is never touched unasked. */
import { renameSync } from 'node:fs';
import type { Logger } from '../../shared/log/logger.js';
import { exitCodes, StartError } from '../start-error.js';
import { openEmbeddedStore } from './embedded.js';
import { StoreError, type Store } from './store.js';

/**
 * @param allowEmpty move an unreadable store aside and begin an empty one
 * @throws StartError 78 when it is unreadable
 */
export function openStore(path: string, allowEmpty: boolean, log: Logger): Store {
  const outage = (why: string | undefined): void => {
    if (why === undefined) log.info('store.working', 'the store can be written again');
    else
      log.error(
        'store.failing',
        `the store ${path} cannot be written: ${why}. What has to be stored is refused until it can: make room on its disk, or make the folder writable again; no restart is needed`,
      );
  };
  try {
    return openEmbeddedStore(path, { outage });
  } catch (caught) {
    if (!(caught instanceof StoreError)) throw caught;
    if (!allowEmpty) {
      throw new StartError(
        `${caught.message}. It was left as it is. Restore it from a backup, or start with --allow-empty-store to move it aside and begin with an empty one.`,
        exitCodes.configuration,
      );
    }
    const aside = `${path}.corrupt.${Date.now()}`;
    renameSync(path, aside);
    log.error('store.moved-aside', `${caught.message}; moved to ${aside}, starting with an empty store`);
    return openEmbeddedStore(path, { outage });
  }
}
