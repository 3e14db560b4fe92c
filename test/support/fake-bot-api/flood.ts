/** How much Telegram takes from a bot before it says 429: in a second, in a chat, in a group. */

export interface Flood {
  /** Seconds to wait, if it is too much; else it is counted. */
  take(chat: number | string): number | undefined;
}

/** Messages in a window of time. */
const rules = {
  all: { most: 30, windowMs: 1_000 },
  /** One a second; short bursts pass. */
  chat: { most: 8, windowMs: 5_000 },
  group: { most: 20, windowMs: 60_000 },
} as const;

export function createFlood(): Flood {
  const times = new Map<string, number[]>();
  const room = (key: string, { most, windowMs }: { most: number; windowMs: number }): number | undefined => {
    const now = performance.now();
    const recent = (times.get(key) ?? []).filter((at) => at > now - windowMs);
    times.set(key, recent);
    const [oldest = 0] = recent;
    return recent.length < most ? undefined : Math.max(1, Math.ceil((oldest + windowMs - now) / 1000));
  };
  return {
    take(chat) {
      const key = String(chat);
      const seconds = room('all', rules.all) ?? room(key, key.startsWith('-') ? rules.group : rules.chat);
      if (seconds !== undefined) return seconds;
      for (const one of ['all', key]) times.get(one)?.push(performance.now());
      return undefined;
    },
  };
}
