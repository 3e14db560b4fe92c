/**
 * What no run's end records: stateless completions, and turns on sessions that failed or were given up. Added up for the
 * primary, which stores it.
 */
import type { DailyUsage } from '../shared/store/records.js';
import {
  addCost,
  addUsage,
  dayOf,
  noCost,
  noUsage,
  totalTokens,
  type Cost,
  type Usage,
} from '../shared/usage.js';
import type { ModelCall, TaskSummary } from './threads/protocol.js';

export interface UnrecordedUsage {
  add(summary: TaskSummary): void;
  /** Since it was asked last. @param at milliseconds since the epoch */
  take(at: number): readonly DailyUsage[];
}

interface Tally {
  readonly agentId: string;
  readonly provider: string;
  readonly model: string;
  runs: number;
  unpriced: number;
  usage: Usage;
  cost: Cost;
}

export function createUnrecordedUsage(): UnrecordedUsage {
  let tallies = new Map<string, Tally>();
  const open = (key: string, agentId: string, { provider, model }: ModelCall): Tally => {
    const tally = { agentId, provider, model, runs: 0, unpriced: 0, usage: noUsage, cost: noCost };
    tallies.set(key, tally);
    return tally;
  };
  return {
    add({ turn, error }) {
      if (!turn || (turn.lane === 'session' && error === undefined)) return;
      const { agent, calls } = turn;
      const answer = error === undefined ? calls.findLast(({ outcome }) => outcome === 'ok') : undefined;
      for (const call of calls) {
        if (call !== answer && totalTokens(call.usage) === 0) continue;
        const key = `${agent} ${call.provider} ${call.model}`;
        const tally = tallies.get(key) ?? open(key, agent, call);
        tally.usage = addUsage(tally.usage, call.usage);
        if (call.cost) tally.cost = addCost(tally.cost, call.cost);
        if (call !== answer) continue;
        tally.runs += 1;
        if (!call.cost) tally.unpriced += 1;
      }
    },
    take(at) {
      const taken = [...tallies.values()];
      tallies = new Map();
      return taken.map(({ usage: { input, output, cacheRead, cacheWrite }, ...tally }) => {
        return { date: dayOf(at), ...tally, input, output, cacheRead, cacheWrite };
      });
    },
  };
}
