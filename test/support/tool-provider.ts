/** A provider whose answers tests write down: one for each time it is asked in a turn. */
import { chunk, type ProviderCall } from './mock-provider.js';

export interface Answer {
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly args: unknown; readonly id?: string }[];
}

/** What a model is shown. */
export interface ShownMessage {
  readonly role: string;
  readonly content: string | null;
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly name: string } }[];
  readonly tool_call_id?: string;
}

export const messagesOf = ({ body }: ProviderCall): readonly ShownMessage[] =>
  body.messages as readonly ShownMessage[];

/** Names of the tools that it was offered. */
export const offeredIn = ({ body }: ProviderCall): string[] =>
  ((body.tools ?? []) as { function: { name: string } }[]).map((tool) => tool.function.name);

/** The n-th answer of a turn, by how many answers with calls come after the user's last message; then the last one. */
export function answersWith(...answers: readonly Answer[]): (call: ProviderCall) => void {
  return (call) => {
    const messages = messagesOf(call);
    const from = messages.findLastIndex(({ role }) => role === 'user') + 1;
    const round = messages.slice(from).filter(({ role }) => role === 'assistant').length;
    give(call, answers[Math.min(round, answers.length - 1)] ?? {}, round);
  };
}

function give({ body, response }: ProviderCall, { text = '', calls = [] }: Answer, round: number): void {
  const wire = calls.map(({ name, args, id = `call_${round}_${name}` }, index) => ({
    index,
    id,
    type: 'function',
    function: { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
  }));
  const finish = calls.length > 0 ? 'tool_calls' : 'stop';
  const usage = { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 };
  if (body.stream !== true) {
    const message = {
      role: 'assistant',
      content: text || null,
      ...(calls.length > 0 && { tool_calls: wire }),
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: finish }], usage }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (text) response.write(chunk({ content: text }));
  if (wire.length > 0) response.write(chunk({ tool_calls: wire }));
  response.write(chunk({}, finish));
  response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
}
