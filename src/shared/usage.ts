/** Tokens that models use, and what they cost. */
import type { DailyUsage } from './store/records.js';

/** Of one call or several. The four kinds do not overlap, whatever the provider's API does: their sum is all there was. */
export interface Usage {
  /** Of the prompt, neither read from the provider's cache nor written to it. */
  readonly input: number;
  /** Reasoning included. */
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** How many of `output` were reasoning, where the provider says. */
  readonly reasoning?: number;
}

export const tokenKinds = ['input', 'output', 'cacheRead', 'cacheWrite'] as const;
type TokenKind = (typeof tokenKinds)[number];

/** USD per million tokens; a kind that is missing costs nothing. */
export type Prices = Readonly<Partial<Record<TokenKind, number>>>;

/** In USD. */
export type Cost = Readonly<Record<TokenKind, number>>;

/** What calls of one model used. */
export interface ModelUsage {
  readonly provider: string;
  readonly model: string;
  readonly usage: Usage;
  /** Undefined where the config names no prices. */
  readonly cost: Cost | undefined;
}

export const noUsage: Usage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
export const noCost: Cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };

export function addUsage(a: Usage, b: Usage): Usage {
  const sum = addKinds(a, b);
  const reasoning = (a.reasoning ?? 0) + (b.reasoning ?? 0);
  return reasoning === 0 ? sum : { ...sum, reasoning };
}

export function addCost(a: Cost, b: Cost): Cost {
  return addKinds(a, b);
}

export function totalTokens(usage: Usage): number {
  return usage.input + usage.output + usage.cacheRead + usage.cacheWrite;
}

export function totalCost(cost: Cost): number {
  return cost.input + cost.output + cost.cacheRead + cost.cacheWrite;
}

export function costOf(usage: Usage, prices: Prices): Cost {
  const of = (kind: TokenKind): number => (usage[kind] * (prices[kind] ?? 0)) / MILLION;
  return {
    input: of('input'),
    output: of('output'),
    cacheRead: of('cacheRead'),
    cacheWrite: of('cacheWrite'),
  };
}

const MILLION = 1_000_000;

type Kinds = Readonly<Record<TokenKind, number>>;

function addKinds(a: Kinds, b: Kinds): Kinds {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
  };
}

/** The day of a time, in UTC: `YYYY-MM-DD`. @param at milliseconds since the epoch */
export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Of the same day, agent and model. */
export function sumDailyUsage(a: DailyUsage, b: DailyUsage): DailyUsage {
  return {
    ...a,
    ...addKinds(a, b),
    runs: a.runs + b.runs,
    cost: addCost(a.cost ?? noCost, b.cost ?? noCost),
    unpriced: (a.unpriced ?? 0) + (b.unpriced ?? 0),
  };
}
