/** Request headers of ours, which have two spellings (http.md §3). */
import type { CompletionTask } from '../threads/protocol.js';
import type { Exchange } from './exchange.js';

/** The first of these headers that says something. */
export function headerOf({ request }: Exchange, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = request.headers[name];
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
  }
  return undefined;
}

/** What a request names besides its `model` (http.md §5.1). */
export function selectionHeaders(exchange: Exchange): Pick<CompletionTask, 'agentId' | 'model'> {
  const agentNames = ['x-pllan-agent-id', 'x-openclaw-agent-id', 'x-pllan-agent', 'x-openclaw-agent'];
  return {
    agentId: headerOf(exchange, ...agentNames),
    model: headerOf(exchange, 'x-pllan-model', 'x-openclaw-model'),
  };
}
