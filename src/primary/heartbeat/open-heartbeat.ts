/** Heartbeats of all agents: each by its own clock, and when somebody wakes one (runs-and-events.md §16). */
import type { GatewayConfig } from '../../shared/config/load.js';
import type { Logger } from '../../shared/log/logger.js';
import { toError } from '../../shared/to-error.js';
import { createAlarm, systemClock, type Clock } from '../alarm.js';
import type { ScheduleMetrics } from '../metrics/schedule-metrics.js';
import type { Broadcast } from '../sessions/run-events.js';
import type { Runs } from '../sessions/runs.js';
import { createWake, type Wake } from '../sessions/wake.js';
import {
  beat,
  heartbeatOutcome,
  replyTo,
  routeFor,
  type Beat,
  type BeatServices,
  type HeartbeatEvent,
} from './beat.js';
import { heartbeatRow, heartbeatSettings, nextBeat, type HeartbeatRow } from './settings.js';

export interface HeartbeatOptions extends Omit<
  BeatServices,
  'now' | 'unknownAccount' | 'userTimezone' | 'alerts'
> {
  /** As it is now. */
  config(): GatewayConfig;
  readonly broadcast: Broadcast;
  readonly metrics: Pick<ScheduleMetrics, 'heartbeat'>;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly runs: Runs;
}

export interface Heartbeat {
  /** A turn of a session for which there is something; not a heartbeat by the clock, but it speaks like one. */
  readonly wake: Wake;
  /** Until the gateway starts anew. */
  setEnabled(enabled: boolean): void;
  last(): HeartbeatEvent | undefined;
  row(agentId: string): HeartbeatRow;
  /** Of the agent; 0 for never. */
  everyMs(agentId: string): number;
  start(): void;
  configChanged(): void;
  stop(): void;
}

export function openHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { config, metrics, log, clock = systemClock } = options;
  const { now } = clock;
  const due = new Map<string, number>();
  const busy = new Set<string>();
  let enabled = true;
  let running = false;
  let last: HeartbeatEvent | undefined;

  const services: BeatServices = {
    ...options,
    now,
    userTimezone: () => config().agents.defaults.userTimezone,
    alerts: () => wantsAlerts(config()),
    unknownAccount: (channel, accountId) =>
      log.warn('heartbeat.account', 'heartbeat: unknown accountId', { channel, accountId }),
  };
  const settingsOf = (agentId: string) => heartbeatSettings(config(), agentId);

  const told = (event: HeartbeatEvent): void => {
    last = event;
    const { status, reason = '', agentId } = event;
    metrics.heartbeat(status, reason);
    if (status === 'skipped')
      log.info('heartbeat.skipped', `heartbeat skipped reason=${reason}`, { reason, agentId });
    options.broadcast('heartbeat', () => JSON.stringify(event));
  };
  const begin = async (asked: Beat): Promise<void> => {
    const { agentId } = asked.settings;
    if (busy.has(agentId)) return;
    busy.add(agentId);
    try {
      told(await beat(asked, services));
    } catch (caught) {
      const { message } = toError(caught);
      log.error('heartbeat.failed', `heartbeat failed: ${message}`, { agentId });
      told({ ts: now(), agentId, status: 'failed', indicatorType: 'error', message });
    } finally {
      busy.delete(agentId);
    }
  };
  /** Looks at the clock: a time that a clock which was set back has put far off is made anew. */
  const look = (): void => {
    if (!running) return;
    const agents = new Set(Object.keys(options.routes().agents));
    for (const id of due.keys()) if (!agents.has(id)) due.delete(id);
    for (const agentId of agents) {
      const settings = settingsOf(agentId);
      const at = due.get(agentId);
      if (at !== undefined && at <= now()) void begin({ settings, enabled });
      const next = nextBeat(settings, now());
      if (next === undefined) due.delete(agentId);
      else due.set(agentId, next);
    }
    alarm.set(due.size === 0 ? undefined : Math.min(...due.values()));
  };
  const alarm = createAlarm(clock, look);
  const wake = createWake({
    runs: options.runs,
    sessions: options.sessions,
    async manner(key, agentId) {
      const settings = settingsOf(agentId);
      return { ackMaxChars: settings.ackMaxChars, ...replyTo(await routeFor(settings, key, services)) };
    },
    ended: (agentId, end) => told({ ts: now(), agentId, ...heartbeatOutcome(end), reason: 'wake' }),
    timeoutMs: () => options.routes().turnTimeoutMs,
    log,
  });
  return {
    wake,
    setEnabled: (to) => void (enabled = to),
    last: () => last,
    row: (agentId) => heartbeatRow(settingsOf(agentId), enabled),
    everyMs: (agentId) => (enabled ? (settingsOf(agentId).everyMs ?? 0) : 0),
    start() {
      running = true;
      look();
    },
    configChanged: look,
    stop() {
      running = false;
      alarm.stop();
    },
  };
}

/** Somebody is shown alerts, or that all is well, or at least a light. */
function wantsAlerts({ channels }: GatewayConfig): boolean {
  const { heartbeat = {} } = channels.defaults ?? {};
  return heartbeat.showOk === true || heartbeat.showAlerts !== false || heartbeat.useIndicator !== false;
}
