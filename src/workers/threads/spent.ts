/** What the calls of a turn used, put together. */
import type { TurnEnd } from '../../shared/run-job.js';
import { addCost, addUsage, noUsage, totalTokens, type ModelUsage } from '../../shared/usage.js';
import type { ModelCall } from './protocol.js';

type Spent = Pick<
  Extract<TurnEnd, { readonly status: 'ok' }>,
  'provider' | 'model' | 'usage' | 'lastUsage' | 'lastCost' | 'spent'
>;

/** The last call that went well is the one that answered. @param calls at least one such */
export function spentBy(calls: readonly ModelCall[]): Spent {
  const last = calls.findLast(({ outcome }) => outcome === 'ok');
  const { usage, cost } = last ?? { usage: noUsage, cost: undefined };
  const byModel = new Map<string, ModelUsage>();
  for (const call of calls) if (call.outcome === 'ok' || totalTokens(call.usage) > 0) addTo(byModel, call);
  return {
    provider: last?.provider ?? '',
    model: last?.model ?? '',
    usage: calls.reduce((sum, call) => addUsage(sum, call.usage), noUsage),
    lastUsage: usage,
    ...(cost && { lastCost: cost }),
    spent: [...byModel.values()],
  };
}

function addTo(byModel: Map<string, ModelUsage>, { provider, model, usage, cost }: ModelCall): void {
  const key = `${provider}/${model}`;
  const before = byModel.get(key);
  byModel.set(key, {
    provider,
    model,
    usage: before ? addUsage(before.usage, usage) : usage,
    cost: before?.cost && cost ? addCost(before.cost, cost) : cost,
  });
}
