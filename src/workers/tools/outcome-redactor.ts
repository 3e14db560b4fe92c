/**
 * Takes the gateway's own secrets out of what a tool gives, before anybody has it: the model, whoever watches, the
 * store. A tool that reads the config, or is told a key by its server, has no other way to pass it on.
 */
import type { Redactor } from '../../shared/log/redact.js';
import type { ToolContent, ToolOutcome } from '../../shared/tools/tool-call.js';

export type ExactRedactor = Pick<Redactor, 'exact' | 'exactIn'>;

export interface OutcomeRedactor {
  content(content: readonly ToolContent[]): readonly ToolContent[];
  outcome(outcome: ToolOutcome): ToolOutcome;
}

export function createOutcomeRedactor({ exact, exactIn }: ExactRedactor): OutcomeRedactor {
  const content: OutcomeRedactor['content'] = (blocks) =>
    blocks.map((block) => (block.type === 'text' ? { ...block, text: exact(block.text) } : block));
  return {
    content,
    outcome(outcome) {
      if (outcome.status === 'error') return { ...outcome, message: exact(outcome.message) };
      const { details, ...shown } = { ...outcome, content: content(outcome.content) };
      return details === undefined ? shown : { ...shown, details: exactIn(details) };
    },
  };
}
