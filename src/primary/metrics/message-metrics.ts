/** Metrics of messages of chat networks (http.md §12). */
import { createCells, type MetricJson } from '../../shared/metrics/cells.js';
import { label } from '../../shared/metrics/label.js';

export interface MessageMetrics {
  /** A message that came: what became of it, and why. */
  processed(message: {
    readonly channel: string;
    readonly outcome: string;
    readonly reason: string;
    readonly ms: number;
  }): void;
  delivered(delivery: {
    readonly channel: string;
    readonly kind: string;
    readonly outcome: string;
    readonly category: string;
    readonly ms: number;
  }): void;
  snapshot(): readonly MetricJson[];
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600];

export function createMessageMetrics(): MessageMetrics {
  const messages = createCells(seconds);
  const deliveries = createCells(seconds);
  const add = (cells: typeof messages, labels: Readonly<Record<string, string>>, ms: number): void => {
    const key = Object.values(labels).join(' ');
    (cells.get(key) ?? cells.open(key, labels)).add(ms / 1000);
  };
  return {
    processed: ({ channel, outcome, reason, ms }) =>
      add(messages, { channel: label(channel), outcome, reason: label(reason.replaceAll(' ', '_')) }, ms),
    delivered: ({ channel, kind, outcome, category, ms }) =>
      add(
        deliveries,
        { channel: label(channel), delivery_kind: label(kind), error_category: category, outcome },
        ms,
      ),
    snapshot: () => [
      messages.counter('pllan_message_processed_total', 'Messages that came over chat networks.'),
      messages.histogram(
        'pllan_message_processed_duration_seconds',
        'From a message of a chat network until it is on disk or dropped.',
      ),
      deliveries.counter('pllan_message_delivery_total', 'Deliveries to chat networks that have ended.'),
      deliveries.histogram(
        'pllan_message_delivery_duration_seconds',
        'From a delivery being stored to its end.',
      ),
    ],
  };
}
