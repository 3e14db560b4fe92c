/**
 * Which connections hear of sessions, and what they hear (runs-and-events.md §15, methods.md §4.2). Changes of a session
 * that come close together leave as one event, with the row as it is then; nothing is read while nobody listens.
 */
import { messageEvent } from '../../shared/history-row.js';
import { sessionEventLimits } from '../../shared/session-limits.js';
import type { SessionKey } from '../../shared/store/records.js';
import { toError } from '../../shared/to-error.js';
import { agentOf } from '../../shared/store/session-keys.js';
import { sessionRow, type RowSources } from '../sessions/session-row.js';
import type { SessionChange, SessionObserver } from '../sessions/sessions.js';
import type { Connection } from './connection.js';
import type { ControlPlane } from './control-plane.js';

export interface SessionEvents extends SessionObserver {
  subscribe(connection: Connection): void;
  unsubscribe(connection: Connection): void;
  /** False when the connection listens to too many sessions already. */
  subscribeMessages(connection: Connection, key: SessionKey): boolean;
  unsubscribeMessages(connection: Connection, key: SessionKey): void;
  /** Who listens to the messages of a session. */
  listenersOf(key: SessionKey): ReadonlySet<Connection>;
  /** Who hears of changes of all sessions. */
  readonly subscribers: ReadonlySet<Connection>;
  closed(connection: Connection): void;
  stop(): void;
}

export interface SessionEventOptions extends RowSources {
  readonly send: ControlPlane['sendTo'];
  failed(error: Error): void;
}

const nobody: ReadonlySet<Connection> = new Set();

interface Pending {
  readonly since: number;
  change: SessionChange;
  timer: NodeJS.Timeout;
}

export function createSessionEvents(options: SessionEventOptions): SessionEvents {
  const { sessions, send } = options;
  const listeners = new Set<Connection>();
  const messageListeners = new Map<SessionKey, Set<Connection>>();
  /** What each connection listens to: it is forgotten with the connection. */
  const keysOf = new Map<Connection, Set<SessionKey>>();
  const pending = new Map<SessionKey, Pending>();

  const announce = async (key: SessionKey): Promise<void> => {
    const { change } = pending.get(key) ?? {};
    pending.delete(key);
    if (!change || listeners.size === 0) return;
    const entry = await sessions.get(key);
    const row = entry ? sessionRow({ key, entry }, options) : { agentId: agentOf(key, sessions.scheme) };
    send(
      listeners,
      'sessions.changed',
      JSON.stringify({ ...row, sessionKey: key, ...change, ts: Date.now() }),
    );
  };
  const later = (key: SessionKey, ms: number): NodeJS.Timeout =>
    setTimeout(() => void announce(key).catch((caught: unknown) => options.failed(toError(caught))), ms);
  const forget = (connection: Connection, key: SessionKey): void => {
    const hearing = messageListeners.get(key);
    hearing?.delete(connection);
    if (hearing?.size === 0) messageListeners.delete(key);
  };

  return {
    changed(key, change) {
      if (listeners.size === 0) return;
      const { debounceMs, latestMs } = sessionEventLimits;
      const known = pending.get(key);
      const now = performance.now();
      if (!known) {
        pending.set(key, { since: now, change, timer: later(key, debounceMs) });
        return;
      }
      clearTimeout(known.timer);
      known.change = change;
      known.timer = later(key, Math.max(0, Math.min(debounceMs, known.since + latestMs - now)));
    },
    listenersOf: (key) => messageListeners.get(key) ?? nobody,
    subscribers: listeners,
    hears: (key) => messageListeners.has(key),
    appended(line) {
      const connections = messageListeners.get(line.key);
      const payload = connections && messageEvent(line);
      if (connections && payload !== undefined) send(connections, 'session.message', payload);
    },
    subscribe: (connection) => void listeners.add(connection),
    unsubscribe: (connection) => void listeners.delete(connection),
    subscribeMessages(connection, key) {
      const keys = keysOf.get(connection) ?? new Set();
      if (!keys.has(key) && keys.size >= sessionEventLimits.messageSubscriptions) return false;
      keysOf.set(connection, keys.add(key));
      messageListeners.set(key, (messageListeners.get(key) ?? new Set()).add(connection));
      return true;
    },
    unsubscribeMessages(connection, key) {
      keysOf.get(connection)?.delete(key);
      forget(connection, key);
    },
    closed(connection) {
      listeners.delete(connection);
      for (const key of keysOf.get(connection) ?? []) forget(connection, key);
      keysOf.delete(connection);
    },
    stop() {
      for (const { timer } of pending.values()) clearTimeout(timer);
      pending.clear();
    },
  };
}
