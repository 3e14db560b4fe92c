/** `health`, `status`, `system-presence`, `last-heartbeat`, `gateway.identity.get` (methods.md §2). */
import type { Heartbeat } from '../../heartbeat/open-heartbeat.js';
import type { GatewayIdentity } from '../../config/gateway-identity.js';
import type { HealthMonitor, HealthView } from '../../health/health-monitor.js';
import type { StatusSource } from '../../health/status.js';
import type { Presence } from '../presence.js';
import type { ChannelServices } from './channels.js';
import { invalidRequest, isAdmin, method, type Method } from './method.js';

export interface SystemMethodServices extends ChannelServices {
  readonly health: HealthMonitor;
  readonly status: StatusSource;
  readonly presence: Presence;
  readonly heartbeat: Pick<Heartbeat, 'last' | 'setEnabled'>;
  identity(): GatewayIdentity;
}

/** What the networks have just said is to be in it; they are asked once a second at most. */
async function probed({ channels, health }: SystemMethodServices, view: HealthView): Promise<string> {
  if (await channels.probeForHealth()) health.refresh();
  return health.probe(view);
}

export function systemMethods(services: SystemMethodServices): readonly Method[] {
  return [
    method({
      name: 'health',
      scope: null,
      summary:
        "The gateway's health, at most a minute old; with `probe` at most a second, and the networks of channels are asked.",
      answers:
        'The snapshot: `ok`, `ts`, `durationMs`, `defaultAgentId`, `agents`, `sessions`, `channels`, `channelOrder`, `channelLabels`, `eventLoop`, `workers`, `degradedSecretOwners`. Paths, and why secrets could not be had, only for admins.',
      answer(params, connection) {
        const view = isAdmin(connection) ? 'full' : 'redacted';
        return params.probe === true ? probed(services, view) : services.health.read(view);
      },
    }),
    method({
      name: 'status',
      scope: 'operator.read',
      summary: "The gateway's version, process and sessions.",
      answers:
        '`{runtimeVersion, pid, linkChannel, heartbeat, channelSummary, queuedSystemEvents, sessions, degradedSecretOwners}`; `linkChannel` where a channel is configured, paths and recent sessions only for admins.',
      answer: ({ includeChannelSummary = true }, connection) =>
        JSON.stringify(services.status.collect(isAdmin(connection), includeChannelSummary)),
    }),
    method({
      name: 'system-presence',
      scope: 'operator.read',
      summary: 'Who is connected, and who has given a sign of life.',
      answers:
        'The list itself, the newest first: `host`, `ip`, `version`, `platform`, `mode`, `reason`, `text`, `ts` and more of each.',
      answer: () => services.presence.encoded(),
    }),
    method({
      name: 'last-heartbeat',
      scope: 'operator.read',
      summary: 'The last heartbeat.',
      answers: 'As in event `heartbeat`; `null` before the first.',
      answer: () => JSON.stringify(services.heartbeat.last() ?? null),
    }),
    method({
      name: 'set-heartbeats',
      scope: 'operator.admin',
      summary: 'Switches heartbeats off or on until the gateway starts anew.',
      answers: '`{ok, enabled}`',
      answer({ enabled }) {
        if (typeof enabled !== 'boolean')
          throw invalidRequest('invalid set-heartbeats params: enabled (boolean) required');
        services.heartbeat.setEnabled(enabled);
        return JSON.stringify({ ok: true, enabled });
      },
    }),
    method({
      name: 'gateway.identity.get',
      scope: 'operator.read',
      summary: "The gateway's own device identity.",
      answers: '`{deviceId, publicKey}`',
      answer: () => JSON.stringify(services.identity()),
    }),
  ];
}
