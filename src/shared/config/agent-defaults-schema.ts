/** `agents.defaults` of the config: its scalar keys (config.md §8). */
import type convict from 'convict';
import { availableParallelism } from 'node:os';
import { integer, optional, text, timeZone, truth } from './formats.js';

export interface AgentDefaults {
  readonly workspace: string | null;
  readonly skipBootstrap: boolean;
  readonly userTimezone: string | null;
  readonly timeoutSeconds: number;
  readonly maxConcurrent: number;
  readonly subagents: { readonly maxConcurrent: number };
  readonly compaction: { readonly keepRecentTokens: number; readonly model: string | null };
}

export const agentDefaultsSchema: convict.Schema<AgentDefaults> = {
  workspace: optional(text, 'Folder of the default agent.'),
  skipBootstrap: { doc: 'Do not create starter files.', default: false, format: truth },
  userTimezone: optional(timeZone, 'Where the user is, as "Europe/Vienna"; default is where the gateway is.'),
  timeoutSeconds: {
    doc: 'Longest time one turn may take.',
    default: 172_800,
    format: integer(1, 31_536_000),
  },
  maxConcurrent: {
    doc: 'Runs on sessions at one time.',
    default: Math.min(16, Math.max(8, availableParallelism())),
    format: integer(1, 10_000),
  },
  subagents: {
    maxConcurrent: {
      doc: 'Runs in the lane "subagent" at one time, beside those.',
      default: 8,
      format: integer(1, 10_000),
    },
  },
  compaction: {
    keepRecentTokens: {
      doc: 'Of a session that is summarized, about so much of the newest stays as it is.',
      default: 20_000,
      format: integer(0, 10_000_000),
    },
    model: optional(text, 'Model that summarizes, as provider/model; default is the one of the session.'),
  },
};
