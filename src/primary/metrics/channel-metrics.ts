/** Of channel accounts (http.md §12; ours): whether they are connected, how often anew, and how soon their networks answer. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface ChannelMetrics {
  reconnects(channel: string, account: string): void;
  overdue(channel: string, what: string): void;
  probed(channel: string, outcome: 'ok' | 'error', ms: number): void;
}

export interface MeasuredAccount {
  readonly channel: string;
  readonly account: string;
  readonly connected: boolean;
}

export interface CollectedChannelMetrics extends ChannelMetrics {
  collect(accounts: readonly MeasuredAccount[]): void;
}

export function createChannelMetrics(registry: Registry): CollectedChannelMetrics {
  const registers = [registry];
  const connected = new Gauge({
    name: 'pllan_channel_connected',
    help: 'Channel account connected (1) or not (0).',
    labelNames: ['channel', 'account'],
    registers,
  });
  const reconnects = new Counter({
    name: 'pllan_channel_reconnects_total',
    help: 'Runs of a channel account after its first.',
    labelNames: ['channel', 'account'],
    registers,
  });
  const overdue = new Counter({
    name: 'pllan_channel_overdue_total',
    help: 'What a channel was asked for and did not do in time.',
    labelNames: ['channel', 'what'],
    registers,
  });
  const probes = new Histogram({
    name: 'pllan_channel_probe_duration_seconds',
    help: 'From the question whether a network answers to its answer.',
    labelNames: ['channel', 'outcome'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers,
  });
  return {
    reconnects: (channel, account) => reconnects.inc({ channel, account }),
    overdue: (channel, what) => overdue.inc({ channel, what }),
    probed: (channel, outcome, ms) => probes.observe({ channel, outcome }, ms / 1_000),
    collect(accounts) {
      connected.reset();
      for (const { channel, account, connected: is } of accounts)
        connected.set({ channel, account }, is ? 1 : 0);
    },
  };
}
