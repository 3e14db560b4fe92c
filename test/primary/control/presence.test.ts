/** Broadcasts of the presence list when the system's clock is not what it was (protocol.md §13). */
import { expect, it, vi } from 'vitest';
import { createPresence } from '../../../src/primary/control/presence.js';

it('a clock that is set back holds up neither the list nor its broadcasts', async () => {
  let now = 10_000_000;
  let broadcasts = 0;
  const presence = createPresence(
    () => (broadcasts += 1),
    () => now,
  );
  presence.beacon({ text: 'Node: one', host: 'one' });
  presence.encoded();
  now -= 3_600_000;
  const [self] = JSON.parse(presence.encoded()) as { ts: number }[];
  expect(self?.ts).toBe(now);
  presence.beacon({ text: 'Node: two', host: 'two' });
  await vi.waitUntil(() => broadcasts === 2);
  presence.stop();
});
