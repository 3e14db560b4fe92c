/** `session.*` of the config: its scalar keys (config.md §8). */
import type convict from 'convict';
import { duration, integer, oneOf, sessionName, texts } from './formats.js';

export const resetModes = ['none', 'daily', 'idle'] as const;
export type ResetMode = (typeof resetModes)[number];

export const maintenanceModes = ['enforce', 'warn'] as const;

/** Whether people who write directly share a session (runs-and-events.md §6). */
export const dmScopes = ['main', 'per-peer', 'per-channel-peer', 'per-account-channel-peer'] as const;
export type DmScope = (typeof dmScopes)[number];

export interface SessionConfig {
  readonly mainKey: string;
  readonly scope: 'per-sender' | 'global';
  readonly dmScope: DmScope;
  readonly resetTriggers: readonly string[];
  readonly reset: {
    readonly mode: ResetMode;
    readonly atHour: number;
    readonly idleMinutes: number | null;
  };
  readonly maintenance: {
    readonly mode: (typeof maintenanceModes)[number];
    /** `durationMs` reads it. */
    readonly pruneAfter: string;
    readonly maxEntries: number;
  };
}

export const sessionSchema: convict.Schema<SessionConfig> = {
  mainKey: {
    doc: "Last part of the key of an agent's main session.",
    default: 'main',
    format: sessionName,
  },
  scope: {
    doc: '"global": one main session for everybody.',
    default: 'per-sender',
    format: oneOf(['per-sender', 'global']),
  },
  dmScope: {
    doc: 'Sessions of direct chats in chat networks: all in the main one, or one for each peer.',
    default: 'main',
    format: oneOf(dmScopes),
  },
  resetTriggers: {
    doc: 'Messages in chat networks that begin a new session.',
    default: ['/new', '/reset'],
    format: texts,
  },
  reset: {
    mode: {
      doc: 'When a session begins anew by itself, at its next message.',
      default: 'none',
      format: oneOf(resetModes),
    },
    atHour: { doc: 'With "daily": the hour, local time.', default: 4, format: integer(0, 23) },
    idleMinutes: {
      doc: 'With "idle": minutes without a message; with "daily" this counts too when it is set.',
      default: null,
      nullable: true,
      format: integer(1, 5_256_000),
    },
  },
  maintenance: {
    mode: {
      doc: '"warn": old sessions are logged and not removed.',
      default: 'enforce',
      format: oneOf(maintenanceModes),
    },
    pruneAfter: {
      doc: 'Sessions without a change for so long are removed; their transcripts are kept as long again.',
      default: '30d',
      format: duration,
    },
    maxEntries: {
      doc: 'Sessions above this number are removed, those changed least recently first.',
      default: 500,
      format: integer(1, 1_000_000),
    },
  },
};
