/** OpenAI's response objects, whole and as a stream of events (http.md §8.2, §8.3). */
import { httpErrors, type HttpErrorName } from '../../../shared/errors/catalogue.js';
import { noUsage } from '../../../shared/usage.js';
import type { StreamEncoder } from '../answer-forms.js';
import { DONE, NOTHING_SAID } from '../chat/encode.js';
import type { AnswerForm } from '../prepared-turn.js';
import { ToolCalls } from '../turn-sink.js';
import type { FinishReason, ToolCall, TurnResult, Usage } from '../turn.js';

export function encodeResponse(form: AnswerForm, result: TurnResult): string {
  const { toolCalls } = result;
  const text = result.text === '' && toolCalls.length === 0 ? NOTHING_SAID : result.text;
  return JSON.stringify(
    ended(form, result, [...(text === '' ? [] : [message(form, text)]), ...toolCalls.map(callItem)]),
  );
}

/** A response that was begun and failed. */
export function encodeFailure(form: AnswerForm, kind: HttpErrorName, problem: string): string {
  return JSON.stringify(failed(form, kind, problem));
}

export function encodeFailedEvent(form: AnswerForm, kind: HttpErrorName): string {
  const response = failed(form, kind, httpErrors[kind].message);
  return event('response.failed', { response }) + DONE;
}

export function createEventEncoder(form: AnswerForm): StreamEncoder {
  const calls = new ToolCalls();
  let text = '';
  let finish: FinishReason = 'stop';
  let usage = noUsage;
  const item_id = messageId(form);
  const at = { item_id, output_index: 0, content_index: 0 };
  const delta = (text: string): string => event('response.output_text.delta', { ...at, delta: text });
  return {
    get calledTools() {
      return calls.all.map(({ name }) => name);
    },
    open() {
      const response = resource(form, 'in_progress', [], noUsage);
      const item = { ...message(form, ''), content: [], status: 'in_progress' };
      return [
        event('response.created', { response }),
        event('response.in_progress', { response }),
        event('response.output_item.added', { output_index: 0, item }),
        event('response.content_part.added', { ...at, part: textPart('') }),
      ].join('');
    },
    event(told) {
      switch (told.type) {
        case 'text':
          text += told.text;
          return delta(told.text);
        case 'tool-call':
          calls.add(told);
          return '';
        case 'finish':
          finish = told.reason;
          return '';
        case 'usage':
          usage = told.usage;
          return '';
        case 'thinking':
        case 'reasoning':
          return '';
      }
    },
    close() {
      const made = calls.all.map(callItem);
      const isSilent = text === '' && made.length === 0;
      if (isSilent) text = NOTHING_SAID;
      const said = message(form, text);
      const response = ended(form, { finish, usage }, [said, ...made]);
      return [
        isSilent ? delta(text) : '',
        event('response.output_text.done', { ...at, text }),
        event('response.content_part.done', { ...at, part: textPart(text) }),
        event('response.output_item.done', { output_index: 0, item: said }),
        ...made.map((item, n) => {
          const output_index = n + 1;
          return (
            event('response.output_item.added', { output_index, item: { ...item, status: 'in_progress' } }) +
            event('response.output_item.done', { output_index, item })
          );
        }),
        event(`response.${response.status}`, { response }),
        DONE,
      ].join('');
    },
  };
}

type Status = 'in_progress' | 'completed' | 'incomplete' | 'failed';

function resource(form: AnswerForm, status: Status, output: readonly object[], usage: Usage) {
  const { id, created, model } = form;
  return { id, object: 'response', created_at: created, status, model, output, usage: wireUsage(usage) };
}

function ended(
  form: AnswerForm,
  { finish, usage }: Pick<TurnResult, 'finish' | 'usage'>,
  output: readonly object[],
) {
  if (finish !== 'length') return resource(form, 'completed', output, usage);
  return {
    ...resource(form, 'incomplete', output, usage),
    incomplete_details: { reason: 'max_output_tokens' },
  };
}

function failed(form: AnswerForm, kind: HttpErrorName, problem: string): object {
  const error = { code: httpErrors[kind].type, message: problem };
  return { ...resource(form, 'failed', [], noUsage), error };
}

/** The same wherever it is told: a stream is opened in one place and gone on with in another. */
function messageId({ id }: AnswerForm): string {
  return `msg_${id.replace(/^resp_/, '')}`;
}

function message(form: AnswerForm, text: string) {
  return {
    type: 'message',
    id: messageId(form),
    role: 'assistant',
    content: [textPart(text)],
    status: 'completed',
  };
}

/** Clients check that there is a list of annotations, also where there are none. */
function textPart(text: string): object {
  return { type: 'output_text', text, annotations: [] };
}

function callItem({ id, name, arguments: args }: ToolCall) {
  const itemId = id.startsWith('call_') ? id : `call_${id}`;
  return { type: 'function_call', id: itemId, call_id: id, name, arguments: args, status: 'completed' };
}

/** OpenAI counts what comes from the cache as part of the prompt. */
function wireUsage({ input, output, cacheRead, cacheWrite, reasoning }: Usage): object {
  const prompt = input + cacheRead + cacheWrite;
  return {
    input_tokens: prompt,
    ...(cacheRead === 0 ? undefined : { input_tokens_details: { cached_tokens: cacheRead } }),
    output_tokens: output,
    ...(reasoning ? { output_tokens_details: { reasoning_tokens: reasoning } } : undefined),
    total_tokens: prompt + output,
  };
}

function event(type: string, data: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
}
