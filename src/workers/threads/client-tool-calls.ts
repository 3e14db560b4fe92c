/** Calls of a client's tools, as the model writes them and as the store has them. */
import type { ClientToolCall } from '../../shared/store/records.js';
import type { ToolCall } from './turn.js';

export function storedCall({ id, name, arguments: text }: ToolCall): ClientToolCall {
  try {
    return { id, name, arguments: JSON.parse(text) as unknown };
  } catch {
    return { id, name, arguments: text };
  }
}

export function toldCall({ id, name, arguments: args }: ClientToolCall): ToolCall {
  return { id, name, arguments: typeof args === 'string' ? args : JSON.stringify(args) };
}
