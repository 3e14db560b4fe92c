/** What accounts need of those who move messages, and the gateway of both. */
import type { AccountObserver } from './accounts.js';
import type { AccountMemory } from './channel.js';
import type { Deliveries } from './deliveries.js';

export interface Messages extends AccountObserver {
  readonly deliveries: Deliveries;
  memory(channel: string, accountId: string): AccountMemory;
  /** What a gateway before this one left under way goes on. */
  recover(): Promise<void>;
  stop(): Promise<void>;
}
