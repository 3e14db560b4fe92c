/** Models that take no tools: known from the config, or from their server's words. */
import type { Candidate } from './model-selection.js';
import type { Turn } from './turn.js';
import type { UpstreamFailure } from './upstream/failure.js';

const statuses: ReadonlySet<number> = new Set([400, 404, 422, 500, 501]);
const words =
  /(?:does not|doesn't|do not) support (?:tools?|functions?)\b|support (?:tool|function)[ -](?:use|calling|calls)|tools? param(?:eter)? requires|requires --enable-auto-tool-choice|tools? (?:is|are) not supported/i;

export function refusesTools({ status = 0, message }: UpstreamFailure): boolean {
  return statuses.has(status) && words.test(message);
}

export function offersOwnTools({ tools }: Turn): boolean {
  return tools.some(({ own }) => own);
}

export function takesNoTools({ facts }: Candidate): boolean {
  return facts.compat?.supportsTools === false;
}

/** What clients bring stays: they are to hear that it is refused. */
export function withoutOwnTools(turn: Turn): Turn {
  const tools = turn.tools.filter(({ own }) => !own);
  return { ...turn, tools, toolChoice: tools.length === 0 ? undefined : turn.toolChoice };
}
