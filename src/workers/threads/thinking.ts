/** How much the model of a session's turn is to think, where whoever asks for the answer has not said it themselves. */
import type { AgentRoute, ModelFacts } from '../../shared/routes.js';
import type { ThinkingLevel } from '../../shared/thinking.js';
import { efforts, type Effort } from './providers/sampling.js';
import type { Turn } from './turn.js';

/** @param asked by whoever wrote, or else set for the session; else it is the agent's. Undefined: nothing is said of it */
export function effortOf(
  asked: ThinkingLevel | undefined,
  agent: Pick<AgentRoute, 'thinking'> | undefined,
): Effort | undefined {
  const level = asked ?? agent?.thinking;
  return efforts.find((effort) => effort === level);
}

/** As a model is to be asked: only one that is known to reason is told how much. */
export function withThinking(turn: Turn, { reasoning }: Pick<ModelFacts, 'reasoning'>): Turn {
  const { thinking, sampling } = turn;
  if (thinking === undefined || reasoning !== true || sampling.reasoning_effort !== undefined) return turn;
  return { ...turn, sampling: { ...sampling, reasoning_effort: thinking } };
}
