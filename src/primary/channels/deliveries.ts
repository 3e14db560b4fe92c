/** What the rest of the gateway asks of channels: where an answer would go, and that it gets there. */
import type { SessionKey } from '../../shared/store/records.js';
import type { OutboundMedia, Route } from './channel.js';

export interface NewDelivery {
  /** Unique: the same one twice is one delivery. */
  readonly id: string;
  readonly route: Route;
  readonly text: string;
  readonly media?: readonly OutboundMedia[];
  readonly replyToId?: string;
  readonly silent?: boolean;
  /** What it is of, for metrics: `reply`, `send`, `cron`, `heartbeat`, `hook`. */
  readonly kind: string;
}

export type DeliveryOutcome =
  | { readonly status: 'sent'; readonly messageIds: readonly string[] }
  /** Refused by the network, too old, or nobody knows (`unknown`). */
  | { readonly status: 'failed' | 'unknown'; readonly error: string };

export interface Deliveries {
  /** Resolves when it is on disk; `ended` when it is over, which may take as long as the network is away. */
  enqueue(delivery: NewDelivery): Promise<{ readonly ended: Promise<DeliveryOutcome> }>;
  /** Where the session's last message came from; undefined for one of the web chat only. */
  lastRoute(key: SessionKey): Promise<Route | undefined>;
  /**
   * The direct chat of the first owner of the config (`commands.ownerAllowFrom`) that a running account reaches. One who is
   * named without a channel counts where there is only one, or where `session.identityLinks` says who it is.
   */
  ownerRoute(): Route | undefined;
  /** What a caller names; the channel's default account when none is named. Text says why it is none. */
  routeTo(named: {
    readonly channel: string;
    readonly to: string;
    readonly accountId?: string | undefined;
    readonly threadId?: string | undefined;
  }): Route | string;
}
