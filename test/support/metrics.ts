/** Reads `/metrics`: every sample by its name and labels as they are written. */
import { TOKEN } from './gateway.js';
import { requestOnce } from './request-once.js';

export interface Scrape {
  /** `name{label="value"}` → value. */
  readonly samples: ReadonlyMap<string, number>;
  /** Samples that must never go back: counters, and counts and sums of histograms. */
  readonly cumulative: ReadonlyMap<string, number>;
  /** All samples of a name together, those with other labels left out. */
  total(name: string, labels?: Readonly<Record<string, string>>): number;
}

export async function scrape(url: string): Promise<Scrape> {
  const { status, body } = await requestOnce(`${url}/metrics`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  if (status !== 200) throw new Error(`/metrics answered ${status}`);
  const samples = new Map<string, number>();
  const cumulative = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of body.split('\n')) {
    const [, typed, type] = /^# TYPE (\S+) (\w+)/.exec(line) ?? [];
    if (typed && type) types.set(typed, type);
    if (line === '' || line.startsWith('#')) continue;
    const space = line.lastIndexOf(' ');
    const series = line.slice(0, space);
    const value = Number(line.slice(space + 1));
    samples.set(series, value);
    const name = nameOf(series);
    const family = name.replace(/_(bucket|count|sum)$/, '');
    if (types.get(name) === 'counter' || types.get(family) === 'histogram') cumulative.set(series, value);
  }
  return {
    samples,
    cumulative,
    total(name, labels = {}) {
      const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      return [...samples]
        .filter(([series]) => nameOf(series) === name && wanted.every((label) => series.includes(label)))
        .reduce((sum, [, value]) => sum + value, 0);
    },
  };
}

/** Series that went back or disappeared from one scrape to the next. */
export function wentBack(before: Scrape, after: Scrape): string[] {
  return [...before.cumulative]
    .filter(([series, value]) => (after.cumulative.get(series) ?? -1) < value)
    .map(([series, value]) => `${series}: ${value} → ${after.cumulative.get(series)}`);
}

function nameOf(series: string): string {
  return series.replace(/\{.*$/, '');
}
