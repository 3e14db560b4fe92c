/** The answer to a successful `connect` (protocol.md §12). */
import { controlLimits } from '../../shared/limits.js';
import { advertisedEvents } from '../../shared/protocol/events.js';
import { hasScope } from '../../shared/protocol/scopes.js';
import { mainSessionKey, type KeyScheme } from '../../shared/store/session-keys.js';
import { VERSION } from '../../shared/version.js';
import type { HealthMonitor } from '../health/health-monitor.js';
import type { Connection, Session } from './connection.js';
import type { Presence } from './presence.js';

export interface HelloSources {
  readonly bootId: string;
  readonly methods: readonly string[];
  readonly presence: Presence;
  readonly health: HealthMonitor;
  scheme(): KeyScheme;
  /** Of the config in use. */
  configHash(): string;
  readonly configPath: string;
  readonly stateDir: string;
  authMode(): string;
  uptimeMs(): number;
  readonly tickIntervalMs: number;
}

/** What clients look for before they use a method: `models.list` asks no provider, it tells what is configured. */
const capabilities = ['published-model-catalog'];

/** Makes payloads as JSON text; what is the same for all is encoded once. */
export function createHello(sources: HelloSources): (connection: Connection, session: Session) => string {
  const features = JSON.stringify({ methods: sources.methods, events: advertisedEvents, capabilities });
  const policy = JSON.stringify({
    maxPayload: controlLimits.maxPayloadBytes,
    maxBufferedBytes: controlLimits.maxBufferedBytes,
    tickIntervalMs: sources.tickIntervalMs,
    attachments: {
      maxBytes: controlLimits.attachmentBytes,
      maxImageBytes: controlLimits.attachmentImageBytes,
    },
  });
  return (connection, session) => {
    const head = JSON.stringify({
      type: 'hello-ok',
      protocol: session.protocol,
      server: { version: VERSION, connId: connection.id, bootId: sources.bootId },
    });
    const auth = JSON.stringify({
      method: session.authMethod,
      role: session.role,
      scopes: [...session.scopes],
      deviceToken: session.device?.token?.token,
      issuedAtMs: session.device?.token?.createdAtMs,
    });
    const snapshot = encodeSnapshot(session, sources);
    return `${head.slice(0, -1)},"features":${features},"snapshot":${snapshot},"auth":${auth},"policy":${policy}}`;
  };
}

function encodeSnapshot(session: Session, sources: HelloSources): string {
  const admin = hasScope(session.scopes, 'operator.admin');
  const scheme = sources.scheme();
  const rest = JSON.stringify({
    stateVersion: { presence: sources.presence.version, health: sources.health.version },
    uptimeMs: sources.uptimeMs(),
    sessionDefaults: {
      defaultAgentId: scheme.defaultAgentId,
      mainKey: scheme.mainKey,
      mainSessionKey: mainSessionKey(scheme),
      scope: scheme.scope,
    },
    appliedConfigHash: sources.configHash(),
    ...(admin
      ? { configPath: sources.configPath, stateDir: sources.stateDir, authMode: sources.authMode() }
      : {}),
  });
  const health = sources.health.peek(admin ? 'full' : 'redacted');
  return `{"presence":${sources.presence.encoded()},"health":${health},${rest.slice(1)}`;
}
