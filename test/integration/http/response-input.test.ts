/** What `POST /v1/responses` may be asked, and how it refuses the rest (http.md §8.1). */
import OpenAI, { BadRequestError } from 'openai';
import { describe, expect, it } from 'vitest';
import { errorOf, invalidRequest } from '../../support/chat.js';
import { TOKEN } from '../../support/gateway.js';
import { startWithProvider } from '../../support/provided-gateway.js';
import { postResponse } from '../../support/responses.js';

const { provider, gateway } = await startWithProvider();
const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: TOKEN, maxRetries: 0 });
const post = (body: unknown): Promise<Response> => postResponse(gateway, body);

/** What the model was shown last. */
const shown = (): Record<string, unknown> => provider.calls.at(-1)?.body ?? {};

const stateless = { model: 'pllan', store: false } as const;

describe('the input', () => {
  it('may be items of every kind', async () => {
    const input = [
      { type: 'message', role: 'developer', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'input_text', text: 'One' }] },
      { type: 'reasoning', id: 'rs_1', summary: [] },
      { type: 'item_reference', id: 'msg_1' },
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Ok' }],
        phase: 'commentary',
      },
      { type: 'function_call', call_id: 'a', name: 'look', arguments: '{}' },
      { type: 'function_call', call_id: 'b', name: 'look', arguments: '{}' },
      { type: 'function_call_output', call_id: 'a', output: 'A' },
      { type: 'function_call_output', call_id: 'b', output: 'B' },
    ];
    const more = {
      instructions: 'Be kind.',
      temperature: 0.5,
      top_p: 0.9,
      metadata: { a: 'b' },
      truncation: 'auto',
    };
    const accepted = { max_tool_calls: 3, reasoning: { effort: 'low' }, text: { format: { type: 'text' } } };
    expect((await post({ ...stateless, input, ...more, ...accepted })).status).toBe(200);
    expect(shown()).toMatchObject({ temperature: 0.5, top_p: 0.9 });
    expect(shown().messages).toMatchObject([
      { role: 'system', content: 'Be kind.\n\nBe brief.' },
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Ok', tool_calls: [{ id: 'a' }, { id: 'b' }] },
      { role: 'tool', tool_call_id: 'a' },
      { role: 'tool', tool_call_id: 'b' },
    ]);
  });

  const user = (...content: unknown[]) => ({ input: [{ role: 'user', content }] });
  it.each([
    ['model: is required', { model: undefined }],
    ['input: is required', { input: undefined }],
    ['input: must be one of string, array', { input: 5 }],
    ['surprise: is not known', { surprise: 1 }],
    ['temperature: must be <= 2', { temperature: 3 }],
    ['max_output_tokens: must be >= 1', { max_output_tokens: 0 }],
    ['metadata.a: must be string', { metadata: { a: 1 } }],
    ['truncation: must be one of "auto", "disabled"', { truncation: 'some' }],
    ['text.format.type: must be "text"', { text: { format: { type: 'json_object' } } }],
    ['Missing user message in `input`.', { input: '' }],
    ['Missing user message in `input`.', { input: [{ role: 'assistant', content: 'Hi' }] }],
    ['input.0.type: is required', { input: [{ role: 'nobody', content: 'Hi' }] }],
    ['input.0.output: is required', { input: [{ type: 'function_call_output', call_id: 'a' }] }],
    ['input.0.content.0.text: is required', user({ type: 'input_text' })],
    ['input.0.content.0.source: is required', user({ type: 'input_image' })],
    ['input: invalid image content', user({ type: 'input_image', image_url: 'http://127.0.0.1:9/a.png' })],
    ['input: invalid image content', user({ type: 'input_image', image_url: 'data:text/plain;base64,aGk=' })],
    ['tools.0.name: is required', { tools: [{ type: 'function' }] }],
    ['tools.0.type: must be "function"', { tools: [{ type: 'web_search' }] }],
    ["tool_choice: names unknown tool 'x'", { tool_choice: { type: 'function', name: 'x' } }],
    ['tool_choice: required needs tools', { tool_choice: 'required' }],
  ])('is refused: %s', async (message, wrong) => {
    const calls = provider.calls.length;
    expect(await errorOf(await post({ ...stateless, input: 'Hi', ...wrong }))).toEqual(
      invalidRequest(message),
    );
    expect(provider.calls.length).toBe(calls);
  });

  it('may have a hundred thousand calls of functions and what came of them', async () => {
    const ids = Array.from({ length: 100_000 }, (_, n) => `${n}`);
    const input = [
      { role: 'user', content: 'Look' },
      ...ids.map((call_id) => ({ type: 'function_call', call_id, name: 'f', arguments: '' })),
      ...ids.map((call_id) => ({ type: 'function_call_output', call_id, output: '' })),
    ];
    expect((await post({ ...stateless, input })).status).toBe(200);
    const [, assistant, ...results] = shown().messages as { tool_calls?: unknown[] }[];
    expect([assistant?.tool_calls?.length, results.length]).toEqual([100_000, 100_000]);
  });

  it('is refused with a typed error of the official client', async () => {
    const attempt = client.responses.create({ model: 'pllan', input: [] });
    await expect(attempt).rejects.toBeInstanceOf(BadRequestError);
  });
});
