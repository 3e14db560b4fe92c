/** The watch, the config thread and the reloader put together: changes of the config files reach the gateway (config.md §12). */
import type { ConfigFlags } from '../../shared/config/complete.js';
import type { LoadedConfig } from '../../shared/config/load.js';
import { describeIssue } from '../../shared/config/read/source.js';
import type { Logger } from '../../shared/log/logger.js';
import type { ConfigDesk } from './config-desk.js';
import { packed, runningConfig, type ConfigReading } from './config-reading.js';
import type { ConfigPlace } from './config-snapshot.js';
import type { FilePrint } from './file-print.js';
import { createReloader, type ReloadEffects, type Reloader } from './reload.js';
import { createConfigWatch, type ConfigWatch } from './watch.js';

export interface HotReloadOptions<P> {
  /** What the gateway came up with, and what its files looked like when they were read. */
  readonly loaded: LoadedConfig;
  readonly seen?: FilePrint;
  readonly flags: ConfigFlags;
  readonly place: ConfigPlace;
  readonly desk: ConfigDesk;
  readonly effects: Omit<ReloadEffects<P>, 'read' | 'follow'>;
  readonly log: Logger;
}

export interface HotReload {
  /** What a client wrote counts at once; its echo is known then. */
  readonly reload: Reloader['reload'];
  /** Of what the gateway runs with. */
  readonly appliedRevision: string;
  /** `disabled` also where the files can neither be watched nor looked at. */
  readonly status: 'active' | 'disabled';
  stop(): void;
}

export function startHotReload<P>(options: HotReloadOptions<P>): HotReload {
  const { loaded, seen, flags, place, desk, effects, log } = options;
  let { files } = loaded.source;
  let watch: ConfigWatch | undefined;
  let stopped = false;

  const read = async (known: string, running: Uint8Array): Promise<ConfigReading> => {
    const answer = await desk.ask({ kind: 'read', place, flags, known, running });
    if (!answer.ok) throw new Error(answer.error.message);
    if (!('reading' in answer)) throw new Error('the config thread answered something else');
    return answer.reading;
  };
  const follow = (next: readonly string[]): void => {
    if (next.join('\0') === files.join('\0')) return;
    files = next;
    watch?.follow(next);
  };
  const reloader = createReloader<P>({
    start: {
      revision: loaded.source.revision,
      packed: packed(runningConfig(loaded)),
      settings: loaded.config.gateway.reload,
      warnings: loaded.warnings.map(describeIssue),
    },
    effects: { ...effects, read, follow },
    log,
  });

  /** Mode `off` is without a watch; a client may write another mode. */
  const watchAsSet = (print?: FilePrint): void => {
    if (stopped || reloader.settings.mode === 'off') {
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
  const reload: Reloader['reload'] = async () => {
    const outcome = await reloader.reload();
    watchAsSet();
    return outcome;
  };
  watchAsSet(seen);
  return {
    reload,
    get appliedRevision() {
      return reloader.appliedRevision;
    },
    get status() {
      return watch === undefined || watch.state === 'failed' ? 'disabled' : 'active';
    },
    stop() {
      stopped = true;
      reloader.stop();
      watchAsSet();
    },
  };
}
