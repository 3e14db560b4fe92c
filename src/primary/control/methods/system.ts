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
      answer: (params, connection) => {
        const view = isAdmin(connection) ? 'full' : 'redacted';
        return params.probe === true ? services.health.probe(view) : services.health.read(view);
      },
    }),
    method({
      name: 'status',
      scope: 'operator.read',
      answer: (_params, connection) => JSON.stringify(services.status.collect(isAdmin(connection))),
    }),
    method({
      name: 'system-presence',
      scope: 'operator.read',
      answer: () => services.presence.encoded(),
    }),
    method({
      name: 'last-heartbeat',
      scope: 'operator.read',
      // There are no heartbeat runs yet.
      answer: () => 'null',
    }),
    method({
      name: 'gateway.identity.get',
      scope: 'operator.read',
      answer: () => JSON.stringify(services.identity()),
    }),
  ];
}
