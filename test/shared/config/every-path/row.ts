/** What the table says of one path of the config: written from the spec, not from the code (config.md §7, §8, §12.2). */
import type { ConfigFlags } from '../../../../src/shared/config/load.js';

export type Kind = 'none' | 'hot' | 'rolling' | 'restart';

/** Values that a path takes, and values that are an error which names it. */
export interface Takes {
  readonly good: readonly unknown[];
  readonly bad: readonly unknown[];
  /** An object that takes no other keys than those that have rows. */
  readonly closed?: true;
}

export interface Extra {
  /** Where the row is tried out, if not at the first entry of each map. */
  readonly at?: string;
  /** What goes before the file: a name, a text for it, and the value that this is. */
  readonly env?: readonly [name: string, text: string, value: unknown];
  readonly flag?: readonly [name: keyof ConfigFlags, text: string, value: unknown];
}

export type Row = readonly [kind: Kind, takes: Takes, preset?: unknown, extra?: Extra];
export type Rows = Readonly<Record<string, Row>>;

const notText = [5, true, [], {}];
const notList = ['x', 5, true, {}];
const notObject = ['x', 5, true, []];

export const text: Takes = { good: ['x', ''], bad: notText };
export const name: Takes = { good: ['x', 'x'.repeat(500)], bad: ['', ...notText] };
export const flag: Takes = { good: [true, false], bad: ['true', 0, 1, [], {}] };
export const texts: Takes = { good: [[], ['x', 'y']], bad: notList };
export const list: Takes = { good: [[]], bad: notList };
export const section: Takes = { good: [], bad: notObject, closed: true };
export const open: Takes = { good: [{}, { nonsense: 1 }], bad: notObject };
export const map: Takes = { good: [{}], bad: notObject };
export const anything: Takes = { good: [1, 'x', true, null, [], {}], bad: [] };
/** May be a SecretRef. */
export const secret: Takes = { good: ['x', { source: 'env', id: 'X' }], bad: notText };
export const nameOrId: Takes = { good: ['x', 5], bad: [true, [], {}] };
export const duration: Takes = {
  good: ['30m', '1d', '5s', '250ms'],
  bad: ['30', 'soon', '0s', '', ...notText],
};
export const clock: Takes = { good: ['00:00', '24:00'], bad: ['25:00', '8:00', '12:60', ...notText] };
export const model: Takes = { good: ['p/m', {}], bad: [5, true, [], ''] };

export const like = (good: readonly unknown[], bad: readonly unknown[]): Takes => ({
  good,
  bad: [...bad, ...notText],
});
export const words = (...good: readonly string[]): Takes =>
  like(good, ['neither', '', good[0]?.toUpperCase()]);

export function whole(least: number, most = Number.MAX_SAFE_INTEGER): Takes {
  const above = most === Number.MAX_SAFE_INTEGER ? [] : [most + 1];
  return {
    good: [least, most],
    bad: [least - 1, ...above, least + 0.5, String(least), `${least}`, true, [], {}],
  };
}

export const amount: Takes = { good: [0, 0.25, 1e9], bad: [-0.5, '1', true, [], {}] };

/** Below each of the prefixes; a row's kind is that of its prefix. */
export function below(
  prefixes: Readonly<Record<string, Kind>>,
  rows: Readonly<Record<string, Takes | readonly [Takes, unknown]>>,
): Rows {
  const under = (prefix: string, kind: Kind): [string, Row][] =>
    Object.entries(rows).map(([key, row]) => {
      const [takes, preset] = 'good' in row ? [row, undefined] : row;
      return [key === '' ? prefix : `${prefix}.${key}`, [kind, takes, preset]];
    });
  return Object.fromEntries(Object.entries(prefixes).flatMap(([prefix, kind]) => under(prefix, kind)));
}
