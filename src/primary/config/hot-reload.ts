/** The watch, the config thread and the reloader put together: changes of the config files reach the gateway (config.md §12). */
import type { LoadedConfig } from '../../shared/config/load.js';
import { describeIssue } from '../../shared/config/read/source.js';
import type { Logger } from '../../shared/log/logger.js';
import type { ConfigDesk } from './config-desk.js';
import { packed, readingKey, unpackReading, type ConfigReading, type ReadFlags } from './config-reading.js';
import { placeNow, type LivePlace } from './config-place.js';
import type { FilePrint } from './file-print.js';
import {
  createReloader,
  type LastReload,
  type ReloadEffects,
  type Reloader,
  type ReloadOutcome,
} from './reload.js';
import type { RunningConfig } from './running-config.js';
import { createConfigWatch, type ConfigWatch } from './watch.js';

export interface HotReloadOptions<P> {
  /** What the gateway came up with, and what its files looked like when they were read. */
  readonly loaded: LoadedConfig;
  readonly running: RunningConfig;
  readonly seen?: FilePrint;
  readonly flags: ReadFlags;
  readonly place: LivePlace;
  readonly desk: ConfigDesk;
  readonly effects: Omit<ReloadEffects<P>, 'read' | 'follow'>;
  readonly log: Logger;
}

export interface HotReload {
  /** From here on changes are noticed, also one that came before. */
  start(): void;
  /** What a client wrote counts at once; its echo is known then. */
  readonly reload: Reloader['reload'];
  readonly retry: Reloader['retry'];
  /** Of what the gateway runs with. */
  readonly appliedRevision: string;
  readonly last: LastReload;
  /** `disabled` also where the files can neither be watched nor looked at. */
  readonly status: 'active' | 'disabled';
  stop(): void;
}

export function createHotReload<P>(options: HotReloadOptions<P>): HotReload {
  const { loaded, running, seen, flags, place, desk, effects, log } = options;
  let { files } = loaded.source;
  let watch: ConfigWatch | undefined;
  let state: 'waiting' | 'started' | 'stopped' = 'waiting';

  const read = async (known: string, before: Uint8Array): Promise<ConfigReading> => {
    const answer = await desk.ask({ kind: 'read', place, flags, known, running: before });
    if (!answer.ok) throw new Error(answer.error.message);
    if (!('reading' in answer)) throw new Error('the config thread answered something else');
    return unpackReading(answer.reading);
  };
  const follow = (next: readonly string[]): void => {
    if (next.join('\0') === files.join('\0')) return;
    files = next;
    watch?.follow(next);
  };
  const reloader = createReloader<P>({
    start: {
      key: readingKey(loaded.source.revision, placeNow(place).env),
      revision: loaded.source.revision,
      packed: packed(running),
      settings: loaded.config.gateway.reload,
      warnings: loaded.warnings.map(describeIssue),
    },
    effects: { ...effects, read, follow },
    log,
  });

  /** Mode `off` is without a watch; a client may write another mode. */
  const watchAsSet = (print?: FilePrint): void => {
    if (state !== 'started' || reloader.settings.mode === 'off') {
      watch?.stop();
      watch = undefined;
      return;
    }
    watch ??= createConfigWatch({
      files,
      ...(print === undefined ? {} : { seen: print }),
      debounceMs: () => reloader.settings.debounceMs,
      tell: (what) => (what === 'missing' ? reloader.gone() : void reload()),
      log,
    });
  };
  /** What was read may have another mode. */
  const watching = async (outcome: Promise<ReloadOutcome>): Promise<ReloadOutcome> => {
    await outcome;
    watchAsSet();
    return outcome;
  };
  const reload: Reloader['reload'] = (restartDelayMs) => watching(reloader.reload(restartDelayMs));
  return {
    start() {
      state = 'started';
      watchAsSet(seen);
    },
    reload,
    retry: () => watching(reloader.retry()),
    get appliedRevision() {
      return reloader.appliedRevision;
    },
    get last() {
      return reloader.last;
    },
    get status() {
      return watch === undefined || watch.state === 'failed' ? 'disabled' : 'active';
    },
    stop() {
      state = 'stopped';
      reloader.stop();
      watchAsSet();
    },
  };
}
