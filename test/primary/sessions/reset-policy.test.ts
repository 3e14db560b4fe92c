/** When a session begins anew by itself (runs-and-events.md §9). */
import { describe, expect, it } from 'vitest';
import { createResetPolicy } from '../../../src/primary/sessions/reset-policy.js';
import type { ResetOverride } from '../../../src/shared/config/structures.js';
import type { SessionKey } from '../../../src/shared/store/records.js';

const direct = 'agent:main:main' as SessionKey;
const at = (day: number, hour: number, minute = 0): number => new Date(2026, 0, day, hour, minute).getTime();

interface Case {
  readonly reset?: ResetOverride;
  readonly byType?: Readonly<Record<string, ResetOverride>>;
  readonly byChannel?: Readonly<Record<string, ResetOverride>>;
  readonly key?: string;
  readonly channel?: string;
  readonly startedAt?: number;
  readonly usedAt?: number;
  readonly now: number;
}

function decide(one: Case): 'daily' | 'idle' | undefined {
  const { startedAt = at(1, 0), usedAt = one.now, key = direct, channel } = one;
  const policy = createResetPolicy({
    reset: { mode: 'none', atHour: 4, idleMinutes: null, ...one.reset },
    resetByType: one.byType ?? {},
    resetByChannel: new Map(Object.entries(one.byChannel ?? {})),
  });
  const entry = {
    sessionId: 's',
    updatedAt: one.now,
    sessionStartedAt: startedAt,
    lastInteractionAt: usedAt,
  };
  return policy(key as SessionKey, channel === undefined ? entry : { ...entry, channel }, one.now);
}

const daily = { mode: 'daily' } as const;
const idle = { mode: 'idle', idleMinutes: 30 } as const;

describe('a session begins anew', () => {
  it.each<[string, Case, 'daily' | 'idle' | undefined]>([
    ['never by default', { now: at(300, 12), usedAt: at(1, 0) }, undefined],
    ['at the hour', { reset: daily, startedAt: at(1, 3, 59), now: at(1, 4) }, 'daily'],
    ['not before the hour', { reset: daily, startedAt: at(1, 4, 1), now: at(2, 3, 59) }, undefined],
    ['once a day', { reset: daily, startedAt: at(2, 4), now: at(2, 23, 59) }, undefined],
    ['days later', { reset: daily, startedAt: at(1, 5), now: at(9, 1) }, 'daily'],
    [
      'at an hour of its own',
      { reset: { ...daily, atHour: 23 }, startedAt: at(1, 22), now: at(1, 23) },
      'daily',
    ],
    ['when it was idle', { reset: idle, usedAt: at(1, 0), now: at(1, 0, 31) }, 'idle'],
    ['not while it is used', { reset: idle, usedAt: at(1, 0), now: at(1, 0, 30) }, undefined],
    [
      'after an hour without a number',
      { reset: { mode: 'idle' }, usedAt: at(1, 0), now: at(1, 1, 1) },
      'idle',
    ],
    [
      'daily, or when it was idle',
      { reset: { ...idle, mode: 'daily' }, startedAt: at(1, 5), usedAt: at(1, 5), now: at(1, 6) },
      'idle',
    ],
    ['as its type says', { byType: { group: daily }, key: 'agent:main:irc:group:7', now: at(3, 5) }, 'daily'],
    ['not as another type says', { byType: { group: daily }, now: at(3, 5) }, undefined],
    [
      'a thread as threads do',
      {
        byType: { group: daily, thread: { mode: 'none' } },
        key: 'agent:main:irc:group:7:thread:1',
        now: at(3, 5),
      },
      undefined,
    ],
    [
      'not, where its channel says so',
      { reset: daily, byChannel: { irc: { mode: 'none' } }, key: 'agent:main:irc:group:7', now: at(3, 5) },
      undefined,
    ],
    [
      'as its channel says before its type',
      { byType: { direct: { mode: 'none' } }, byChannel: { irc: daily }, channel: 'irc', now: at(3, 5) },
      'daily',
    ],
    [
      'with what an override leaves open',
      {
        reset: { ...daily, atHour: 23 },
        byType: { direct: { mode: 'daily' } },
        startedAt: at(1, 22),
        now: at(1, 22, 30),
      },
      undefined,
    ],
  ])('%s', (_what, one, why) => {
    expect(decide(one)).toBe(why);
  });
});
