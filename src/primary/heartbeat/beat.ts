/**
 * One heartbeat: whether there is to be one, and what comes of it (runs-and-events.md §16).
 *
 *   due ──any reason against it──▶ skipped
 *    └──▶ a turn on the agent's session ──HEARTBEAT_OK──▶ ok-token (leaves no line) / nothing──▶ ok-empty
 *                                        ├──anything else──▶ sent (delivered with the turn's end)
 *                                        └──error──▶ failed
 */
import { randomUUID } from 'node:crypto';
import { isModelRef } from '../../shared/config/model-ref.js';
import { cronLimits } from '../../shared/cron-limits.js';
import { HEARTBEAT_OK } from '../../shared/heartbeat-ack.js';
import type { RouteTable } from '../../shared/routes.js';
import type { RunEnd, SessionEntry, SessionKey } from '../../shared/store/records.js';
import { canonicalKey, mainSessionKey } from '../../shared/store/session-keys.js';
import { toError } from '../../shared/to-error.js';
import type { Route } from '../channels/channel.js';
import type { Deliveries } from '../channels/deliveries.js';
import { nameOf } from '../channels/delivery/routes.js';
import { findRoute } from '../announcements.js';
import type { Runs } from '../sessions/runs.js';
import type { Sessions } from '../sessions/sessions.js';
import { isActive } from './active-hours.js';
import { readHeartbeatFile, type HeartbeatFile } from './heartbeat-file.js';
import type { HeartbeatSettings } from './settings.js';

export type SkipReason =
  | 'disabled'
  | 'quiet-hours'
  | 'requests-in-flight'
  | 'alerts-disabled'
  | 'empty-heartbeat-file'
  | 'no-tasks-due'
  | 'no-route';

export interface HeartbeatEvent {
  readonly ts: number;
  readonly agentId: string;
  readonly status: 'sent' | 'ok-empty' | 'ok-token' | 'skipped' | 'failed';
  readonly reason?: string;
  readonly to?: string;
  readonly preview?: string;
  readonly durationMs?: number;
  readonly channel?: string;
  readonly accountId?: string;
  readonly message?: string;
  readonly indicatorType?: 'ok' | 'alert' | 'error';
}

export interface BeatServices {
  readonly runs: Pick<Runs, 'accept' | 'liveOf'>;
  readonly sessions: Sessions;
  readonly deliveries: Pick<Deliveries, 'lastRoute' | 'ownerRoute' | 'routeTo'>;
  routes(): RouteTable;
  /** Null: where the gateway is. */
  userTimezone(): string | null;
  workspaceOf(agentId: string): string;
  /** False: nobody wants to hear of it, whatever comes of it. */
  alerts(): boolean;
  unknownAccount(channel: string, accountId: string): void;
  now(): number;
}

export interface Beat {
  readonly settings: HeartbeatSettings;
  readonly enabled: boolean;
}

/** @throws StoreError */
export async function beat(asked: Beat, services: BeatServices): Promise<HeartbeatEvent> {
  const { settings } = asked;
  const { agentId, ackMaxChars } = settings;
  const ts = services.now();
  const skipped = (reason: string): HeartbeatEvent => ({ ts, agentId, status: 'skipped', reason });
  const { scheme } = services.sessions;
  const key =
    settings.session === undefined
      ? mainSessionKey(scheme, agentId)
      : canonicalKey(settings.session, scheme, agentId);
  const against = reasonAgainst(asked, key, services);
  if (against !== undefined) return skipped(against);
  const route = await routeFor(settings, key, services);
  if (route === undefined) return skipped('no-route');
  let file: HeartbeatFile | undefined;
  try {
    file = readHeartbeatFile(services.workspaceOf(agentId));
  } catch (caught) {
    return {
      ts,
      agentId,
      status: 'failed',
      indicatorType: 'error',
      message: `HEARTBEAT.md ${toError(caught).message}`,
    };
  }
  if (file?.isEmpty) return skipped('empty-heartbeat-file');
  const entry = await services.sessions.get(key);
  if (entry?.sendPolicy === 'deny') return skipped('send blocked by session policy');
  const due = file?.tasks?.filter(({ name, everyMs }) => ts - lastRunAt(entry, name) >= everyMs);
  if (due?.length === 0) return skipped('no-tasks-due');
  const model = settings.model !== undefined && isModelRef(settings.model) ? settings.model : undefined;
  const acceptance = await services.runs.accept({
    method: 'heartbeat',
    runId: randomUUID(),
    key,
    agentId,
    message: messageOf(settings, file, due),
    timeoutMs: services.routes().turnTimeoutMs,
    ackMaxChars,
    model: model !== undefined && services.routes().allowed.includes(model) ? model : undefined,
    ...replyTo(route),
  });
  if (acceptance.outcome !== 'accepted') return skipped('requests-in-flight');
  const end = await acceptance.run.ended;
  if (due && due.length > 0)
    await keepTasks(
      services.sessions,
      key,
      due.map(({ name }) => name),
      ts,
    );
  return { ts, agentId, ...heartbeatOutcome(end), ...shownRoute(route), durationMs: services.now() - ts };
}

function reasonAgainst(
  { settings, enabled }: Beat,
  key: SessionKey,
  { userTimezone, runs, alerts, now }: BeatServices,
): SkipReason | undefined {
  if (!enabled || settings.everyMs === undefined) return 'disabled';
  if (!isActive(settings, userTimezone(), now())) return 'quiet-hours';
  if (!alerts()) return 'alerts-disabled';
  return runs.liveOf(key).length > 0 ? 'requests-in-flight' : undefined;
}

/** `none`: nowhere, as it is meant. The account that is asked for is that of any conversation that is found. */
export async function routeFor(
  { target, to, accountId }: HeartbeatSettings,
  key: SessionKey,
  { deliveries, unknownAccount }: Pick<BeatServices, 'deliveries' | 'unknownAccount'>,
): Promise<Route | 'none' | undefined> {
  if (target === 'none' || target === 'webchat') return 'none';
  const found = await findRoute(deliveries, { channel: target, to, accountId, key });
  if (typeof found === 'string') {
    if (accountId !== undefined && to !== undefined) unknownAccount(target, accountId);
    return undefined;
  }
  if (accountId === undefined || found.accountId === accountId) return found;
  const { channel, threadId } = found;
  const route = deliveries.routeTo({ channel, to: nameOf(found), accountId, threadId });
  if (typeof route !== 'string') return route;
  unknownAccount(channel, accountId);
  return undefined;
}

function messageOf(
  { prompt }: HeartbeatSettings,
  file: HeartbeatFile | undefined,
  due: HeartbeatFile['tasks'],
): string {
  const tasks = (due ?? []).map((task) => `- ${task.name}: ${task.prompt}`);
  return [
    prompt,
    ...(tasks.length > 0 ? [`Tasks that are due now:\n${tasks.join('\n')}`] : []),
    ...(file && file.text !== '' ? [`HEARTBEAT.md:\n${file.text}`] : []),
  ].join('\n\n');
}

/** Names are whatever somebody wrote, those that all objects have too. */
function stateName(name: string): string {
  return name in Object.prototype ? `task:${name}` : name;
}

/** 0: never. */
function lastRunAt(entry: SessionEntry | undefined, task: string): number {
  const state = (entry?.heartbeatTaskState ?? {}) as Readonly<Record<string, number>>;
  return state[stateName(task)] ?? 0;
}

function keepTasks(sessions: Sessions, key: SessionKey, names: readonly string[], at: number): Promise<void> {
  return sessions.exclusive(key, async () => {
    const entry = await sessions.getOrNew(key, at);
    const ran = Object.fromEntries(names.map((name) => [stateName(name), at]));
    const heartbeatTaskState = { ...(entry.heartbeatTaskState as object | undefined), ...ran };
    await sessions.commit(key, [{ type: 'session', key, entry: { ...entry, heartbeatTaskState } }]);
  });
}

/** For the run that speaks there. */
export function replyTo(route: Route | 'none' | undefined): { reply?: { route: Route; kind: string } } {
  return route && route !== 'none' ? { reply: { route, kind: 'heartbeat' } } : {};
}

export function shownRoute(
  route: Route | 'none' | undefined,
): Pick<HeartbeatEvent, 'channel' | 'to' | 'accountId'> {
  if (!route || route === 'none') return { channel: 'webchat' };
  return { channel: route.channel, to: route.id, accountId: route.accountId };
}

export function heartbeatOutcome({
  status,
  message,
  acknowledged,
  payload,
}: RunEnd): Pick<HeartbeatEvent, 'status' | 'indicatorType' | 'preview' | 'message'> {
  if (status !== 'ok')
    return {
      status: 'failed',
      indicatorType: 'error',
      message: message ?? payload.stopReason ?? payload.summary,
    };
  if (acknowledged) return { status: 'ok-token', indicatorType: 'ok', preview: HEARTBEAT_OK };
  const { payloads = [] } = (payload.result ?? {}) as { payloads?: readonly { readonly text?: string }[] };
  const text = payloads.map((one) => one.text ?? '').join('\n\n');
  if (text.trim() === '') return { status: 'ok-empty', indicatorType: 'ok' };
  return { status: 'sent', indicatorType: 'alert', preview: text.slice(0, cronLimits.previewChars) };
}
