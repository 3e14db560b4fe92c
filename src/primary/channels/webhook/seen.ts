/** Which messages have come: digests of ids and bodies of the latest, in slots of which each is a small value on disk. */
import { hash } from 'node:crypto';
import { createKeyedQueue } from '../../../shared/keyed-queue.js';
import type { AccountMemory } from '../channel.js';
import { webhookLimits } from './limits.js';

export interface Seen {
  /** Takes a message unless it, or another of its id, has come before. Rejects as `take` does, and forgets it then. */
  take(id: string, body: string, take: () => Promise<void>): Promise<'taken' | 'repeated' | 'other'>;
}

export function createSeen(memory: AccountMemory): Seen {
  const queue = createKeyedQueue();
  return {
    take(id, body, take) {
      const name = digest(id);
      const content = digest(body);
      const slot = `seen-${Number.parseInt(hash('sha256', id, 'hex').slice(0, 8), 16) % webhookLimits.seenSlots}`;
      // One after another: a repeat that comes beside the message waits for what becomes of it.
      return queue.run(slot, async () => {
        const known = entriesOf(await memory.get(slot));
        const before = known.find(([other]) => other === name);
        if (before) return before[1] === content ? 'repeated' : 'other';
        await take();
        const kept = [...known, [name, content] as const].slice(-webhookLimits.seenInSlot);
        await memory.set(slot, JSON.stringify(kept));
        return 'taken';
      });
    },
  };
}

type Entry = readonly [id: string, body: string];

function entriesOf(value: string | undefined): readonly Entry[] {
  return value === undefined ? [] : (JSON.parse(value) as Entry[]);
}

function digest(text: string): string {
  return hash('sha256', text, 'base64').slice(0, webhookLimits.digestChars);
}
