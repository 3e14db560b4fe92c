/** What the gateway watches of itself: its event loop, its state directory, and what both mean for probes. */
import type { Logger } from '../../shared/log/logger.js';
import type { Store } from '../store/store.js';
import { startEventLoopMonitor, type EventLoopMonitor } from './event-loop.js';
import { createReadiness, type Readiness, type ReadinessSources } from './readiness.js';
import { watchStateDir } from './state-dir.js';

export interface OpenHealth {
  readonly readiness: Readiness;
  readonly eventLoop: EventLoopMonitor;
  /** For metrics. */
  readonly disk: Pick<ReadinessSources, 'storeWritable' | 'stateDirWritable'>;
  stop(): void;
}

export interface OpenHealthOptions extends Pick<
  ReadinessSources,
  'phase' | 'workersReady' | 'failingChannels' | 'uptimeMs'
> {
  readonly stateDir: string;
  readonly store: Store;
  readonly log: Logger;
}

export function openHealth({ stateDir, store, log, ...sources }: OpenHealthOptions): OpenHealth {
  const eventLoop = startEventLoopMonitor();
  const dir = watchStateDir(stateDir, store.writable, log);
  const disk = { storeWritable: store.writable, stateDirWritable: dir.writable };
  const readiness = createReadiness({
    ...sources,
    ...disk,
    eventLoop: () => eventLoop.sample,
    failed: (error) => log.error('readiness.failed', error.message, { stack: error.stack }),
  });
  return {
    readiness,
    eventLoop,
    disk,
    stop() {
      eventLoop.stop();
      dir.stop();
    },
  };
}
