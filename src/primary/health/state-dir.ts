/**
 * Whether the state directory can be written: its config, its credentials and the next log file are new files there. Looked
 * at now and then, and said once when that changes; the store sees to its own folder, and is asked along with it.
 */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { healthLimits } from '../../shared/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { describeRefusedWrite } from '../../shared/refused-write.js';

export interface StateDirWatch {
  /** As it was when it was last looked at; each call has it looked at anew. */
  writable(): boolean;
  stop(): void;
}

/** @param storeWritable looks at the store's own folder */
export function watchStateDir(dir: string, storeWritable: () => boolean, log: Logger): StateDirWatch {
  let refused = false;
  let looking = false;
  const look = async (): Promise<void> => {
    try {
      await access(dir, constants.W_OK);
      if (refused) log.info('state-dir.writable', 'the state directory can be written again');
      refused = false;
    } catch (caught) {
      if (!refused)
        log.error(
          'state-dir.read-only',
          `the state directory ${dir} cannot be written: ${describeRefusedWrite(caught)}. The gateway goes on, but keeps no change of its config and opens no new log file; make it writable again, no restart is needed`,
        );
      refused = true;
    }
  };
  const lookOnce = (): void => {
    if (looking) return;
    looking = true;
    void look().finally(() => (looking = false));
  };
  const timer = setInterval(() => {
    lookOnce();
    storeWritable();
  }, healthLimits.stateDirCheckMs);
  timer.unref();
  return {
    writable() {
      lookOnce();
      return !refused;
    },
    stop: () => clearInterval(timer),
  };
}
