/** What a route is, and the services that handlers work with. */
import type { Deadlines } from '../../../shared/deadlines.js';
import type { HookSetup } from '../../../shared/hooks/setup.js';
import type { Logger } from '../../../shared/log/logger.js';
import type { Scope } from '../../../shared/protocol/scopes.js';
import type { ClientRuns } from '../../client-runs.js';
import type { ConfigVersion } from '../../config-version.js';
import type { WorkerMetrics } from '../../metrics.js';
import type { ToolPool } from '../../pools/tool-pool.js';
import type { PrimaryChannel } from '../../primary-channel.js';
import type { SessionWatches } from '../../session-watches.js';
import type { DirectCalls } from '../../tools/direct-calls.js';
import type { Exchange } from '../exchange.js';
import type { CountedClients } from '../counted-clients.js';
import type { HookGuard } from '../hooks/guard.js';

export interface RouteServices extends ConfigVersion {
  readonly clientRuns: ClientRuns;
  readonly sessions: SessionWatches;
  readonly tools: DirectCalls;
  readonly primary: Pick<PrimaryChannel, 'ask'>;
  /** Undefined when they are off. */
  readonly hooks: Hooks | undefined;
  /** Who sends requests of chat networks. */
  readonly channelClients: CountedClients;
  /** Aborted when what would go on for ever is to end. */
  readonly ending: AbortSignal;
  readonly metrics: WorkerMetrics;
  readonly log: Logger;
  /** Of request bodies. */
  readonly deadlines: Deadlines;
}

export interface Hooks {
  readonly setup: HookSetup;
  readonly guard: HookGuard;
  /** For transforms. */
  readonly pool: ToolPool | undefined;
}

export interface Route {
  /** Label in metrics. */
  readonly name: string;
  readonly methods: readonly string[];
  /**
   * The scope it takes. `primary`: the primary answers it; it is carried over whole, credential included. `open`: it
   * shows nothing that anybody may not see. `own`: it looks at all of that itself, the method included.
   */
  readonly auth: Scope | 'primary' | 'open' | 'own';
  /** Answers the exchange, now or later. What it throws is answered 500 and logged. */
  handle(exchange: Exchange, services: RouteServices): void;
}
