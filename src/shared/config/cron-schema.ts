/** `cron.*` of the config (config.md §8). */
import type convict from 'convict';
import { durationMs } from './duration.js';
import { format, integer, optional, text, truth } from './formats.js';

export interface CronConfig {
  readonly enabled: boolean;
  readonly store: string | null;
  readonly maxConcurrentRuns: number;
  /** `durationMs` reads it. */
  readonly sessionRetention: string | false;
  readonly webhookToken: string | null;
  readonly runLog: { readonly maxBytes: number; readonly keepLines: number };
}

const durationOrFalse = format({ anyOf: [{ type: 'string' }, { const: false }] }, (value) => {
  if (value !== false && (typeof value !== 'string' || durationMs(value) === undefined))
    throw new Error('must be false, or a time such as "30d", "12h", "45m" or "90s"');
});

export const cronSchema: convict.Schema<CronConfig> = {
  enabled: { doc: 'Run cron jobs when they are due.', default: true, format: truth },
  store: optional(text, 'Without effect: jobs are in the store of the gateway.'),
  maxConcurrentRuns: { doc: 'Cron jobs that run at one time.', default: 1, format: integer(1, 1_000) },
  sessionRetention: {
    doc: 'Sessions of isolated runs are removed when they are so old; false: as any other session.',
    default: '24h',
    format: durationOrFalse,
  },
  webhookToken: {
    ...optional(text, 'Sent as bearer token to the webhooks of jobs.'),
    sensitive: true,
  },
  runLog: {
    maxBytes: {
      doc: 'Bytes of the run log of one job; the oldest entries give way.',
      default: 2_000_000,
      format: integer(1, 100_000_000),
    },
    keepLines: { doc: 'Entries of it.', default: 2_000, format: integer(1, 100_000) },
  },
};
