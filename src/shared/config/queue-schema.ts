/** `messages.queue` of the config: its scalar keys (config.md §8). */
import type convict from 'convict';
import { integer, oneOf } from './formats.js';

/** How a message waits whose session is busy (runs-and-events.md §5). */
export const queueModes = ['steer', 'followup', 'collect', 'interrupt'] as const;
export type QueueMode = (typeof queueModes)[number];

const queueDrops = ['summarize', 'old', 'new'] as const;

export interface QueueSettings {
  readonly mode: QueueMode;
  readonly debounceMs: number;
  readonly cap: number;
  readonly drop: (typeof queueDrops)[number];
}

export const queueSchema: convict.Schema<QueueSettings> = {
  mode: {
    doc: 'What a message does whose session is busy; "steer" is treated as "followup".',
    default: 'steer',
    format: oneOf(queueModes),
  },
  debounceMs: {
    doc: 'Mode "collect": how long nothing may come before what waits becomes one run.',
    default: 500,
    format: integer(0, 600_000),
  },
  cap: { doc: 'Messages that may wait in one session.', default: 20, format: integer(1, 1_000) },
  drop: {
    doc: 'What gives way above that: the oldest, with a short line for the next turn or an error, or the newest.',
    default: 'summarize',
    format: oneOf(queueDrops),
  },
};
