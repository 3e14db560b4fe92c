/** What accounts, and the rest of the gateway, need of those who move messages. */
import type { RunRecord } from '../../shared/store/records.js';
import type { AccountName, DeliveryCounts } from '../store/channel-store.js';
import type { AccountObserver } from './accounts.js';
import type { AccountMemory } from './channel.js';
import type { Deliveries } from './deliveries.js';
import type { Pairing } from './inbound/pairing.js';

export interface Messages extends AccountObserver {
  readonly deliveries: Deliveries;
  readonly pairing: Pairing;
  memory(channel: string, accountId: string): AccountMemory;
  /** For status rows. */
  deliveryCounts(account: AccountName): Promise<DeliveryCounts>;
  /** Its end, and with it its answer, is on disk. */
  runEnded(run: RunRecord): void;
  /** What a gateway before this one left under way goes on. */
  recover(): Promise<void>;
  stop(): Promise<void>;
}
