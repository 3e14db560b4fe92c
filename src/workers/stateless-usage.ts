/** What stateless completions used, added up for the primary, which records it: nobody else does. */
import type { DailyUsage } from '../shared/store/records.js';
import { addCost, addUsage, dayOf, noCost, noUsage, type Cost, type Usage } from '../shared/usage.js';
import type { ModelCall, TurnSummary } from './threads/protocol.js';

export interface StatelessUsage {
  add(turn: TurnSummary): void;
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

export function createStatelessUsage(): StatelessUsage {
  let tallies = new Map<string, Tally>();
  const open = (key: string, agentId: string, { provider, model }: ModelCall): Tally => {
    const tally = { agentId, provider, model, runs: 0, unpriced: 0, usage: noUsage, cost: noCost };
    tallies.set(key, tally);
    return tally;
  };
  return {
    add({ agent, lane, calls }) {
      if (lane !== 'none') return;
      for (const call of calls) {
        if (call.outcome !== 'ok') continue;
        const key = `${agent} ${call.provider} ${call.model}`;
        const tally = tallies.get(key) ?? open(key, agent, call);
        tally.runs += 1;
        tally.usage = addUsage(tally.usage, call.usage);
        if (call.cost) tally.cost = addCost(tally.cost, call.cost);
        else tally.unpriced += 1;
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
