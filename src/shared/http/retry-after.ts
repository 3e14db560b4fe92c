/** What a `Retry-After` means, a number of seconds or a date; undefined for one that means nothing. */
export function retryAfterMs(value: string | undefined, epochMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(value.trim())) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - epochMs);
}
