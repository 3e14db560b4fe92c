/** Durations as people say them: `12s`, `5m`, `3h`, `2d`. */
const units = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'm', ms: 60_000 },
] as const;

/** In the largest unit of which there is at least one, rounded down. */
export function formatAge(ms: number): string {
  const unit = units.find((candidate) => ms >= candidate.ms) ?? { name: 's', ms: 1_000 };
  return `${Math.max(0, Math.floor(ms / unit.ms))}${unit.name}`;
}
