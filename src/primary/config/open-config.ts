/** The config while the gateway runs: what is asked about its file, and what becomes of changes (config.md §12). */
import type { LoadedConfig } from '../../shared/config/load.js';
import type { GatewayOptions } from '../../shared/gateway-options.js';
import type { Logger } from '../../shared/log/logger.js';
import { describeFailures, describeRefFailure } from '../../shared/secrets/failure.js';
import { toError } from '../../shared/to-error.js';
import type { PrimaryMetrics } from '../metrics/primary-metrics.js';
import type { SnapshotKeeper } from '../snapshot/keeper.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { createConfigDesk, type ConfigDesk } from './config-desk.js';
import type { LivePlace } from './config-place.js';
import type { FilePrint } from './file-print.js';
import { createHotReload, type HotReload } from './hot-reload.js';
import type { LastReload } from './reload.js';
import type { RestartAnswer, RestartRequest } from '../restart/restarts.js';
import type { RunCounts } from '../sessions/live-runs.js';
import type { Broadcast } from '../sessions/run-events.js';
import type { AuthFlags } from './running-config.js';
import { authFlags, configFlags } from './start-plan.js';

export interface OpenConfig {
  readonly place: LivePlace;
  /** Of the command line. */
  readonly flags: AuthFlags;
  /** Asks the config thread. What is written is written only where its secrets are there. */
  readonly ask: ConfigDesk['ask'];
  /** What the gateway runs with, by the hash of its files. */
  appliedHash(): string;
  lastReload(): LastReload;
  /** Makes what was written count: while the gateway runs, or with a restart. */
  apply: HotReload['reload'];
  /** As `apply`, for a config that was refused. */
  retry(): void;
  /** Whether edits of the files are noticed. */
  status(): HotReload['status'];
  /** From here on changes of the files are noticed, also one that came before. */
  watch(): void;
  /** Nothing more is noticed; whoever asks is still answered. */
  stopWatching(): void;
  stop(): Promise<void>;
}

export interface OpenConfigOptions {
  readonly loaded: LoadedConfig;
  readonly seen: FilePrint;
  readonly options: GatewayOptions;
  readonly snapshots: SnapshotKeeper;
  readonly metrics: Pick<PrimaryMetrics, 'configReload'>;
  /** Workers with the settings of the current snapshot take the place of those with others. */
  roll(): Promise<void>;
  restart(request: RestartRequest): RestartAnswer;
  activeRuns(): RunCounts;
  readonly broadcast: Broadcast;
  readonly log: Logger;
}

export function openConfig(opened: OpenConfigOptions): OpenConfig {
  const { loaded, seen, options, snapshots, metrics, broadcast, log } = opened;
  const { paths, flags, ownEnv, folder } = options;
  const { imported } = loaded;
  const place: LivePlace = {
    path: paths.configPath,
    logDir: paths.logDir,
    env: ownEnv,
    imported,
    dotenv: { folder, stateDir: paths.stateDir },
  };
  const desk = createConfigDesk(log);
  const keepAsLastGood = (revision: string): void => {
    desk
      .ask({ kind: 'keep', place, revision })
      .catch((caught: unknown) => log.warn('config.last-good', toError(caught).message));
  };
  const ask: ConfigDesk['ask'] = async (task) => {
    const answer = await desk.ask(task);
    if (task.kind !== 'write' || !answer.ok || !('result' in answer) || !('refs' in answer.result))
      return answer;
    const { refs, secrets, env } = answer.result;
    const { failures } = await snapshots.resolve(refs, { config: { secrets }, env });
    if (failures.length === 0) return desk.ask({ ...task, checked: true });
    const message = `invalid config: active SecretRef resolution failed (${describeFailures(failures)})`;
    const issues = failures.map((failure) => ({ path: failure.path, message: describeRefFailure(failure) }));
    return { ok: false, error: { code: 'INVALID_REQUEST', message, details: { issues } } };
  };
  const hot = createHotReload<Snapshot>({
    loaded,
    running: snapshots.current.source,
    seen,
    flags: { config: configFlags(flags), model: flags.model, auth: authFlags(flags) },
    place,
    desk,
    effects: {
      roll: opened.roll,
      restart: ({ deferralTimeoutMs }, paths, delayMs) =>
        opened.restart({ cause: 'config', reason: `config changed: ${paths}`, deferralTimeoutMs, delayMs }),
      activeRuns() {
        const { active, waiting } = opened.activeRuns();
        return active + waiting;
      },
      announce: (hash) =>
        broadcast('config.changed', () => JSON.stringify({ path: '[redacted]', hash, ts: Date.now() })),
      inTurn: snapshots.inTurn,
      preflight: snapshots.prepare,
      swap: (_next, snapshot) => snapshots.swap(snapshot),
      applied: keepAsLastGood,
      ended: metrics.configReload,
    },
    log,
  });
  return {
    place,
    flags: authFlags(flags),
    ask,
    appliedHash: () => hot.appliedRevision,
    lastReload: () => hot.last,
    apply: hot.reload,
    retry: () => void hot.retry(),
    status: () => hot.status,
    watch: hot.start,
    stopWatching: hot.stop,
    stop: desk.stop,
  };
}
