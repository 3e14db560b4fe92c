/** What a start of the gateway is given: the first one, and those in the same process that follow. */
import type { GatewayOptions } from '../shared/gateway-options.js';
import type { StartPlan } from './config/start-plan.js';
import type { GatewayLog } from './log/open-log.js';
import type { PrimaryMetrics } from './metrics/primary-metrics.js';
import type { Boot } from './restart/boot-history.js';
import type { CoolDown } from './restart/cool-down.js';
import type { ServiceNotifier } from './service-notify.js';

export interface GatewayStart {
  readonly options: GatewayOptions;
  readonly plan: StartPlan;
  readonly opened: GatewayLog;
  readonly kept: KeptInProcess;
  /** Clock of `performance.now()`. */
  readonly startedAt: number;
  /** Ends its waits. */
  readonly stop: AbortSignal;
}

/** What a restart in the process keeps: it is about the process, or about restarts. */
export interface KeptInProcess {
  readonly metrics: PrimaryMetrics;
  readonly coolDown: CoolDown;
  readonly notify: ServiceNotifier;
  readonly boot: Boot;
}
