/** `health`, `status`, `system-presence`, `last-heartbeat`, `gateway.identity.get` (methods.md §2). */
import type { GatewayIdentity } from '../../config/gateway-identity.js';
import type { HealthMonitor } from '../../health/health-monitor.js';
import type { StatusSource } from '../../health/status.js';
import type { Presence } from '../presence.js';
import { isAdmin, method, type Method } from './method.js';

export interface SystemMethodServices {
  readonly health: HealthMonitor;
  readonly status: StatusSource;
  readonly presence: Presence;
  identity(): GatewayIdentity;
}

export function systemMethods(services: SystemMethodServices): readonly Method[] {
  return [
    method({
      name: 'health',
      scope: null,
      summary: "The gateway's health, at most a minute old; with `probe` at most a second.",
      answers:
        'The snapshot: `ok`, `ts`, `durationMs`, `defaultAgentId`, `agents`, `sessions`, `channels`, `eventLoop`, `workers`, `degradedSecretOwners`. Paths, and why secrets could not be had, only for admins.',
      answer: (params, connection) => {
        const view = isAdmin(connection) ? 'full' : 'redacted';
        return params.probe === true ? services.health.probe(view) : services.health.read(view);
      },
    }),
    method({
      name: 'status',
      scope: 'operator.read',
      summary: "The gateway's version, process and sessions.",
      answers:
        '`{runtimeVersion, pid, heartbeat, channelSummary, queuedSystemEvents, sessions, degradedSecretOwners}`; paths and recent sessions only for admins.',
      answer: (_params, connection) => JSON.stringify(services.status.collect(isAdmin(connection))),
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
      answers: '`null`: there are no heartbeat runs yet.',
      // There are no heartbeat runs yet.
      answer: () => 'null',
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
