/** Wires the keeper of snapshots to all that uses what it keeps. */
import type { GatewayOptions } from '../../shared/gateway-options.js';
import type { Logger } from '../../shared/log/logger.js';
import type { Redactor } from '../../shared/log/redact.js';
import { systemEventLimits } from '../../shared/session-limits.js';
import type { PrimaryMetrics } from '../metrics/primary-metrics.js';
import { describeAuthSurfaces } from '../secrets/activation.js';
import { tellMainSession } from '../secrets/tell-main-session.js';
import type { Sessions } from '../sessions/sessions.js';
import { createSnapshotKeeper, type SnapshotKeeper } from './keeper.js';
import { nextSnapshot, type Snapshot } from './snapshot.js';
import { useSnapshot, type SnapshotUsers } from './use-snapshot.js';

export interface OpenSnapshotsOptions extends Omit<SnapshotUsers, 'redactor' | 'log'> {
  readonly first: Snapshot;
  readonly options: GatewayOptions;
  readonly redactor: Redactor;
  readonly logging: SnapshotUsers['log'];
  readonly metrics: PrimaryMetrics;
  sessions(): Sessions;
  retryConfig(): void;
  readonly log: Logger;
}

export function openSnapshots(opened: OpenSnapshotsOptions): SnapshotKeeper {
  const { first, options, redactor, logging, metrics, sessions, log } = opened;
  sayRefs(first, log);
  return createSnapshotKeeper({
    first,
    home: options.paths.home,
    make: (source, before, signal) => nextSnapshot(source, before, options, signal),
    use(next, before) {
      sayRefs(next, log);
      return useSnapshot(next, before, { ...opened, redactor, log: logging });
    },
    signal: (text) => tellMainSession(sessions(), redactor.text(text, systemEventLimits.textChars), log),
    retryConfig: opened.retryConfig,
    reloaded: metrics.secretsReload,
    log,
  });
}

function sayRefs({ refs, warnings }: Snapshot, log: Logger): void {
  for (const { path, message } of describeAuthSurfaces(refs))
    log.info('secrets.gateway-auth', `SECRETS_GATEWAY_AUTH_SURFACE ${message}`, { path });
  for (const { code, path, message } of warnings) log.warn('secrets.ignored', `${code} ${message}`, { path });
}
