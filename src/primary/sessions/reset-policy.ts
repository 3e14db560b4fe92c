/** When a session begins anew by itself; asked at its next message (runs-and-events.md §9, `session.reset`). */
import type { GatewayConfig, SessionType } from '../../shared/config/load.js';
import type { SessionEntry, SessionKey } from '../../shared/store/records.js';
import { kindOf } from '../../shared/store/session-keys.js';

/** Why it does; undefined while the session goes on. Times are milliseconds since the epoch. */
export type ResetPolicy = (key: SessionKey, entry: SessionEntry, now: number) => 'daily' | 'idle' | undefined;

/** With mode `idle` and no number. */
const IDLE_MINUTES = 60;

type ResetConfig = Pick<GatewayConfig['session'], 'reset' | 'resetByType' | 'resetByChannel'>;

export function createResetPolicy({ reset, resetByType, resetByChannel }: ResetConfig): ResetPolicy {
  return (key, entry, now) => {
    const channel = channelOf(key, entry);
    const override = (channel && resetByChannel.get(channel)) || resetByType[typeOf(key)];
    const { mode, atHour, idleMinutes } = { ...reset, ...override };
    if (mode === 'none') return undefined;
    const startedAt = entry.sessionStartedAt ?? entry.updatedAt;
    if (mode === 'daily' && startedAt < lastTimeAt(atHour, now)) return 'daily';
    const idle = idleMinutes ?? (mode === 'idle' ? IDLE_MINUTES : undefined);
    if (idle === undefined) return undefined;
    const usedAt = entry.lastInteractionAt ?? entry.updatedAt;
    return now - usedAt > idle * 60_000 ? 'idle' : undefined;
  };
}

/** When it was that hour last, in local time. */
function lastTimeAt(hour: number, now: number): number {
  const time = new Date(now);
  time.setHours(hour, 0, 0, 0);
  if (time.getTime() > now) time.setDate(time.getDate() - 1);
  return time.getTime();
}

function typeOf(key: SessionKey): SessionType {
  if (key.includes(':thread:')) return 'thread';
  return kindOf(key) === 'group' ? 'group' : 'direct';
}

/** The chat network that its messages come from; undefined for one that has none. */
function channelOf(key: SessionKey, { channel, lastChannel }: SessionEntry): string | undefined {
  const [, named] = /^agent:[^:]+:([^:]+):(?:[^:]+:)?(?:direct|group|channel):/.exec(key) ?? [];
  return named ?? channel ?? lastChannel ?? undefined;
}
