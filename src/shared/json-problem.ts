/** What is wrong with a text that is no JSON: the parser's words, without the piece of the text that it quotes. */
import { toError } from './to-error.js';

export function jsonProblem(caught: unknown): string {
  return toError(caught).message.replace(/,? ?(?:\.\.\.)?"[^]*"(?:\.\.\.)? is not valid JSON$/, '');
}
