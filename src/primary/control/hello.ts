/** The answer to a successful `connect` (protocol.md §12). */
import { controlLimits } from '../../shared/limits.js';
import { advertisedEvents } from '../../shared/protocol/events.js';
import { hasScope } from '../../shared/protocol/scopes.js';
import { VERSION } from '../../shared/version.js';
import type { HealthMonitor } from '../health/health-monitor.js';
import type { Connection, Session } from './connection.js';
import type { Presence } from './presence.js';

export interface HelloSources {
  readonly bootId: string;
  readonly methods: readonly string[];
  readonly presence: Presence;
  readonly health: HealthMonitor;
  readonly defaultAgentId: string;
  readonly configHash: string;
  readonly configPath: string;
  readonly stateDir: string;
  readonly authMode: string;
  uptimeMs(): number;
}

/** The payload as JSON text; lists that are already encoded are put in as they are. */
export function encodeHello(connection: Connection, session: Session, sources: HelloSources): string {
  const admin = hasScope(session.scopes, 'operator.admin');
  const { defaultAgentId: agent } = sources;
  const rest = JSON.stringify({
    stateVersion: { presence: sources.presence.version, health: sources.health.version },
    uptimeMs: sources.uptimeMs(),
    sessionDefaults: {
      defaultAgentId: agent,
      mainKey: 'main',
      mainSessionKey: `agent:${agent}:main`,
      scope: 'per-sender',
    },
    appliedConfigHash: sources.configHash,
    ...(admin
      ? { configPath: sources.configPath, stateDir: sources.stateDir, authMode: sources.authMode }
      : {}),
  });
  const health = sources.health.peek(admin ? 'full' : 'redacted');
  const snapshot = `{"presence":${sources.presence.encoded()},"health":${health},${rest.slice(1)}`;
  const head = JSON.stringify({
    type: 'hello-ok',
    protocol: session.protocol,
    server: { version: VERSION, connId: connection.id, bootId: sources.bootId },
    features: { methods: sources.methods, events: advertisedEvents },
  });
  const tail = JSON.stringify({
    auth: {
      method: session.authMethod,
      role: session.role,
      scopes: [...session.scopes],
      deviceToken: session.device?.token?.token,
      issuedAtMs: session.device?.token?.createdAtMs,
    },
    policy: {
      maxPayload: controlLimits.maxPayloadBytes,
      maxBufferedBytes: controlLimits.maxBufferedBytes,
      tickIntervalMs: controlLimits.tickIntervalMs,
      attachments: {
        maxBytes: controlLimits.attachmentBytes,
        maxImageBytes: controlLimits.attachmentImageBytes,
      },
    },
  });
  return `${head.slice(0, -1)},"snapshot":${snapshot},${tail.slice(1)}`;
}
