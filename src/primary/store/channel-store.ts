/** The store's part about chat networks. */
import type {
  DeliveryRecord,
  DeliveryState,
  DraftRecord,
  KnownSender,
  SenderId,
  SenderRequest,
  StoredDelivery,
} from '../../shared/store/channel-records.js';

export type ChannelChange =
  /** A new one goes to the end of its conversation; one whose id is known changes nothing. */
  | { readonly type: 'delivery'; readonly delivery: DeliveryRecord }
  /** How its text is cut. */
  | { readonly type: 'delivery-parts'; readonly id: string; readonly parts: readonly string[] }
  /** With an end its text is forgotten. */
  | { readonly type: 'delivery-state'; readonly id: string; readonly state: DeliveryState }
  | { readonly type: 'draft'; readonly id: string; readonly draft: DraftRecord | null }
  | { readonly type: 'channel-memory'; readonly place: MemoryPlace; readonly value: string | null }
  | { readonly type: 'known-sender'; readonly sender: SenderId; readonly known: KnownSender | null }
  | { readonly type: 'sender-request'; readonly sender: SenderId; readonly request: SenderRequest | null };

export interface AccountName {
  readonly channel: string;
  readonly accountId: string;
}

export interface MemoryPlace extends AccountName {
  readonly name: string;
}

export interface DeliveryReader {
  get(id: string): Promise<StoredDelivery | undefined>;
  /** Accounts that have some that have not ended. */
  accounts(): Promise<readonly AccountName[]>;
  /** The first of each conversation of the account; conversations in a fixed order, after the one that is given. */
  heads(account: AccountName, after: string | undefined, limit: number): Promise<readonly DeliveryHead[]>;
  draft(id: string): Promise<DraftRecord | undefined>;
  counts(account: AccountName): Promise<DeliveryCounts>;
}

export interface DeliveryHead extends StoredDelivery {
  /** Names the conversation. */
  readonly conversation: string;
}

export interface DeliveryCounts {
  readonly waiting: number;
  /** Ended so; as long as they are kept. */
  readonly failed: number;
  readonly unknown: number;
}

export interface ChannelReader {
  memory(place: MemoryPlace): Promise<string | undefined>;
  knownSender(sender: SenderId): Promise<KnownSender | undefined>;
  /** Those of an account, or of all accounts of a channel. */
  requests(channel: string, accountId?: string): Promise<readonly SenderRequest[]>;
}
