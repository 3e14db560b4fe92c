/** What the store holds about chat networks: what is to be sent, who may write, what connections remember. */

/** Where something is sent; ids are the network's own. */
export interface DeliveryRoute {
  readonly channel: string;
  readonly accountId: string;
  readonly kind: 'direct' | 'group' | 'channel';
  readonly id: string;
  readonly threadId?: string;
}

/** Something that is to be sent, whatever happens meanwhile. */
export interface DeliveryRecord {
  readonly id: string;
  readonly route: DeliveryRoute;
  /** Of which the first part has the text before it, when it has one. */
  readonly text: string;
  readonly media?: readonly DeliveryMedia[];
  readonly replyToId?: string;
  readonly silent?: boolean;
  /** `reply`, `send`, `cron`, `heartbeat`, `hook`, `notice`. */
  readonly kind: string;
  readonly createdAt: number;
  /** The text as it is sent, once it is known how the network wants it cut. */
  readonly parts?: readonly string[];
}

export interface DeliveryMedia {
  readonly url: string;
  readonly asVoice?: boolean;
  readonly asDocument?: boolean;
}

/**
 * How far a delivery has come. What is being sent is marked before, so that after a crash it is known which part the
 * network may have:
 *
 *   waiting ──next marked `sending`──▶ sending ──network has it──▶ waiting (next + 1) … ──▶ sent
 *      ▲                                  ├─ not sent ─┐
 *      └──────────────────────────────────│────────────┘ ── too old ──▶ failed
 *                                         ├─ refused ──▶ failed
 *                                         └─ nobody knows, or found so at a start ──▶ waiting (next + 1) … ──▶ unknown
 */
export interface DeliveryState {
  /** The part that is next; all before it are over. */
  readonly next: number;
  /** It has been given to the network, which has not answered yet. */
  readonly sending: boolean;
  readonly messageIds: readonly string[];
  /** Parts of which nobody knows whether the network has them. */
  readonly unknown: number;
  readonly end?: DeliveryEnd;
}

export interface DeliveryEnd {
  readonly endedAt: number;
  readonly status: 'sent' | 'failed' | 'unknown';
  readonly error?: string;
}

export interface StoredDelivery {
  readonly delivery: DeliveryRecord;
  readonly state: DeliveryState;
}

/** An answer that is shown while it is written; named as its delivery will be. */
export interface DraftRecord {
  readonly id: string;
  /** The network's; undefined while nobody knows whether it has it. */
  readonly messageId?: string;
}

/** Where a run's answer goes besides its session. */
export interface RunReply {
  readonly route: DeliveryRoute;
  readonly replyToId?: string;
  readonly kind: string;
  /** Comes before the text. */
  readonly prefix?: string;
}

/** Somebody of a chat network: one person of one account. */
export interface SenderId {
  readonly channel: string;
  readonly accountId: string;
  /** In lower case. */
  readonly sender: string;
}

/** Somebody who may write because the owner said so. */
export interface KnownSender extends SenderId {
  readonly name?: string;
  readonly approvedAt: number;
}

/** Somebody who wants to write. */
export interface SenderRequest extends SenderId {
  readonly code: string;
  /** Where they write from, if they could write under another name from there. */
  readonly origin?: string;
  /** The direct chat in which they asked. */
  readonly peerId: string;
  readonly name?: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}
