/** Times as people write them in a config: `30d`, `12h`, `45m`, `90s`, `500ms`. */
const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds; undefined when it is not a time, or none. */
export function durationMs(text: string): number | undefined {
  const [, number, unit] = /^(\d{1,9})\s*(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
  if (number === undefined) return undefined;
  return Number(number) * unitMs[unit as keyof typeof unitMs] || undefined;
}
