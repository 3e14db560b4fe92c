import OpenAI, { AuthenticationError, BadRequestError } from 'openai';
import { describe, expect, it } from 'vitest';
import { TOKEN } from '../support/gateway.js';
import { answerStream } from '../support/mock-provider.js';
import { startWithProvider } from '../support/provided-gateway.js';

const { provider, gateway } = await startWithProvider({ behaviour: answerStream(['Hel', 'lo', ' world']) });

describe('the official openai client', () => {
  const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: TOKEN, maxRetries: 0 });

  it('gets a JSON completion with usage', async () => {
    const completion = await client.chat.completions.create({
      model: 'pllan',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    expect(completion.choices[0]?.message).toMatchObject({ role: 'assistant', content: 'Hello world' });
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(completion.usage).toEqual({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 });
    expect(completion.id).toMatch(/^chatcmpl_/);
    expect(completion.model).toBe('pllan');
  });

  it('gets a streamed completion, role first, usage last', async () => {
    const stream = await client.chat.completions.create({
      model: 'pllan/main',
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: 'Hi' }],
    });
    const chunks = [];
    for await (const part of stream) chunks.push(part);
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant' });
    expect(chunks.map((part) => part.choices[0]?.delta.content ?? '').join('')).toBe('Hello world');
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 3 } });
    expect(new Set(chunks.map((part) => part.id)).size).toBe(1);
  });

  it('gets a typed 401 with a wrong key', async () => {
    const stranger = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'wrong', maxRetries: 0 });
    const attempt = stranger.chat.completions.create({
      model: 'pllan',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    await expect(attempt).rejects.toBeInstanceOf(AuthenticationError);
  });

  it('gets a typed 400 for a model that does not exist', async () => {
    const attempt = client.chat.completions.create({
      model: 'gpt-none',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    await expect(attempt).rejects.toBeInstanceOf(BadRequestError);
  });

  it('lists and retrieves models', async () => {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toEqual(['pllan', 'pllan/default', 'pllan/main', 'mock/m-1']);
    expect(await client.models.retrieve('mock/m-1')).toMatchObject({ id: 'mock/m-1', owned_by: 'mock' });
  });

  it('sends the provider its own key and model, never the gateway token', () => {
    for (const { request, body } of provider.calls) {
      expect(request.headers.authorization).toBe('Bearer sk-provider-key-000000');
      expect(body.model).toBe('m-1');
    }
  });
});
