/**
 * Notices that the config file or one that it includes changed (config.md §12.1): written in place, renamed over, or
 * reached over a link that was swapped. Folders are watched, since a watch on a file ends with the file. An event only says
 * that it is time to look; what counts is what the files look like. A folder that cannot be watched is looked at instead.
 *
 *              differs                quiet for the debounce time
 *   looking ────────────▶ settling ──────────────────────────────▶ told 'changed'
 *      ▲                     │  ▲ missing, up to 3 rounds
 *      │                     ├──┘
 *      └── told 'missing' ◀──┘ still missing
 */
import { watch as watchFolder, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { configLimits } from '../../shared/config/limits.js';
import type { Logger } from '../../shared/log/logger.js';
import { errorCode, toError } from '../../shared/to-error.js';
import { printOf, type FilePrint } from './file-print.js';

export type WatchState = 'watching' | 'polling' | 'failed';

export interface ConfigWatch {
  readonly state: WatchState;
  /** From now on these, the config file first. */
  follow(files: readonly string[]): void;
  stop(): void;
}

export interface ConfigWatchOptions {
  readonly files: readonly string[];
  /** What they looked like when they were read; without it the first look is told as a change. */
  readonly seen?: FilePrint;
  readonly debounceMs: () => number;
  tell(what: 'changed' | 'missing'): void;
  readonly log: Logger;
  readonly pollMs?: number;
  /** The system's, unless a test has another one. */
  readonly watch?: (folder: string, noticed: () => void) => FSWatcher;
}

interface WatchedFolder {
  readonly watcher: FSWatcher;
  /** Another folder may come to have the same name. */
  readonly id: string;
}

export function createConfigWatch(options: ConfigWatchOptions): ConfigWatch {
  const { debounceMs, tell, log, pollMs = configLimits.watchPollMs, watch = systemWatch } = options;
  const watched = new Map<string, WatchedFolder>();
  let { files } = options;
  let seen = options.seen?.text;
  let state: WatchState = 'watching';
  let looking = false;
  let lookAgain = false;
  let stopped = false;
  let soon: NodeJS.Timeout | undefined;
  let poll: NodeJS.Timeout | undefined;
  let settling: NodeJS.Timeout | undefined;
  let missing = false;
  let warned = false;

  /** Many events of one save are one look. */
  const noticed = (): void => {
    if (stopped) return;
    soon ??= setTimeout(() => {
      soon = undefined;
      void look();
    }, configLimits.lookMs).unref();
  };

  const look = async (): Promise<void> => {
    lookAgain = looking;
    if (looking) return;
    looking = true;
    try {
      const print = await printOf(files);
      const failure = await watchAll(print.folders);
      if (stopped) return;
      pollUnless(failure === undefined && watched.size === print.folders.size);
      report(failure, print);
      missing = print.state === 'missing';
      if (print.text !== seen) settle(1);
      seen = print.text;
    } finally {
      looking = false;
    }
    if (lookAgain) noticed();
  };

  const settle = (round: number): void => {
    clearTimeout(settling);
    settling = setTimeout(() => {
      if (missing && round < configLimits.missingRounds) {
        settle(round + 1);
        void look();
      } else tell(missing ? 'missing' : 'changed');
    }, debounceMs()).unref();
  };

  /** Why not all of them could be watched. */
  const watchAll = async (folders: ReadonlySet<string>): Promise<Error | undefined> => {
    let failure: Error | undefined;
    for (const folder of watched.keys()) if (!folders.has(folder)) forget(folder);
    for (const folder of folders) {
      try {
        const { dev, ino } = await stat(folder, { bigint: true });
        const id = `${dev}:${ino}`;
        if (watched.get(folder)?.id === id) continue;
        forget(folder);
        if (stopped) return undefined;
        const watcher = watch(folder, noticed);
        watched.set(folder, { watcher, id });
        watcher.on('error', () => {
          forget(folder);
          // Not at once: it may fail again and again.
          pollUnless(false);
        });
        // What happened in it before is in no event.
        noticed();
      } catch (caught) {
        forget(folder);
        failure = toError(caught);
      }
    }
    return failure;
  };

  const forget = (folder: string): void => {
    watched.get(folder)?.watcher.close();
    watched.delete(folder);
  };

  const pollUnless = (enough: boolean): void => {
    clearTimeout(poll);
    if (!enough && !stopped) poll = setTimeout(() => void look(), pollMs).unref();
  };

  const report = (failure: Error | undefined, print: FilePrint): void => {
    state = failure === undefined ? 'watching' : print.state === 'unreadable' ? 'failed' : 'polling';
    // A folder that is not there yet is looked for in the same way, and nothing to warn of.
    const worth = failure !== undefined && errorCode(failure) !== 'ENOENT';
    if (worth && !warned)
      log.warn('config.watch', `the config cannot be watched and is looked at instead: ${failure.message}`);
    warned = worth;
  };

  void look();
  return {
    get state() {
      return state;
    },
    follow(next) {
      files = next;
      void look();
    },
    stop() {
      stopped = true;
      for (const timer of [soon, poll, settling]) clearTimeout(timer);
      for (const folder of watched.keys()) forget(folder);
    },
  };
}

function systemWatch(folder: string, noticed: () => void): FSWatcher {
  return watchFolder(folder, { persistent: false }, noticed);
}
