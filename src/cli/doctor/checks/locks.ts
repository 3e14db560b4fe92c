/** Locks of gateways that are not there any more (cli.md §12, row 7). The next start takes them over by itself. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isLiveOwner, readLockOwner, STATE_LOCK_NAME } from '../../../shared/instance-lock.js';
import { configLockName, displayPath } from '../../../shared/paths.js';
import type { Check } from '../finding.js';
import { statsOf } from './state-parts.js';

export const locks: Check = {
  section: 'State integrity',
  find({ context }) {
    const { paths } = context;
    const files = [
      join(paths.stateDir, STATE_LOCK_NAME),
      join(paths.lockDir, configLockName(paths.configPath)),
    ];
    const isStale = (file: string): boolean => {
      const owner = readLockOwner(file);
      // What else stands there is told of with the other parts of the state directory.
      return statsOf(file)?.isFile() === true && (!owner || !isLiveOwner(owner));
    };
    const stale = files.filter(isStale);
    if (stale.length === 0) return [];
    return [
      {
        code: 'lock-stale',
        level: 'warn',
        message: `A gateway that has gone left ${stale.map((file) => displayPath(file, paths.home)).join(', ')}.`,
        repair: {
          question: 'Remove it?',
          level: 'safe',
          run() {
            // One that was taken since is somebody's.
            for (const file of stale.filter(isStale)) rmSync(file, { force: true });
            return 'Removed';
          },
        },
      },
    ];
  },
};
